import type { Kysely } from 'kysely'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import type { PlatformTables } from '../database/tables.ts'
import { afterCommit } from '../database/transaction.ts'
import { within } from '../shutdown.ts'
import { createSignal, sleep } from '../signal.ts'
import type { Log } from '../telemetry/log.ts'
import { createClaimsAhead } from './ahead.ts'
import { type Alarm, noAlarm } from './alarm.ts'
import {
  type Claim,
  claimTimers,
  completeTimer,
  deleteTimers,
  findNextTimers,
  insertTimer,
  postponeTimer,
  renewClaims,
  upsertTimer,
} from './claims.ts'
import { settleDue } from './settle.ts'
import type { AnyTimerKind, RowTimerKind, TimerKind, TimerName, Timers } from './timer.ts'

/** So many handlers at once, so that a slow one does not hold the others up. */
const HANDLERS = 20
/** The pulse tells what other processes have set; this is for what nobody has thought of. */
const LOOK_MS = 120_000
const PAUSE_MS = 1_000
/** What falls due within so long of each other is done together, and not by all processes at the same moment. */
const GATHERED_MS = 60
/** What is due and was not to be had is locked by somebody else. */
const LOCKED_MS = 100
/** Twice within the time of a claim. */
const RENEWAL_MS = 2_000
/** Handlers under way are waited for so long at the stop. */
const STOP_MS = 2_000

type TimerParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly log: Log
  readonly alarm?: Alarm
}

export type TimerService = Timers & {
  /** Begins to handle what is due, of these kinds only. */
  readonly start: (kinds: readonly AnyTimerKind[]) => Promise<void>
  /** Says when the next timer may be claimed, as the pulse has found it. */
  readonly feel: (nextAt: Date | null) => void
  /** Waits for what is under way, for a while: a claim that is not ended by then runs out by itself. */
  readonly stop: () => Promise<void>
}

/** One sweep for every deadline (design §7). */
export function createTimers({ db, clock, log, alarm = noAlarm }: TimerParts): TimerService {
  const stop = new AbortController()
  const changed = createSignal()
  const held = new Map<Claim, Promise<void>>()
  let handlers: ReadonlyMap<string, TimerKind> = new Map()
  let rowKinds: ReadonlyMap<string, RowTimerKind> = new Map()
  let known: ReadonlySet<string> = new Set()
  let next: Date | null = null
  let sweeping: Promise<void> = Promise.resolve()
  let isRenewing = false
  let isRinging = false

  const claimsAhead = createClaimsAhead({
    clock,
    isHandled: (kind) => handlers.has(kind) && !stop.signal.aborted,
    countFree: () => HANDLERS - held.size,
    begin,
  })

  alarm.onRing(() => {
    // Many that go off together are one, and not for all processes at the same moment.
    if (isRinging) return
    isRinging = true
    const answer = (): void => {
      isRinging = false
      changed.tell()
    }
    setTimeout(answer, Math.random() * GATHERED_MS).unref()
  })

  function alarmOf({ kind, subject }: TimerName): string | undefined {
    return rowKinds.get(kind)?.alarmOf?.(subject)
  }

  function expect(at: Date): void {
    if (!isSooner(at)) return
    next = at
    changed.tell()
  }

  async function sweepForEver(): Promise<void> {
    const told = changed.listener()
    while (!stop.signal.aborted) {
      try {
        const sweep = await sweepOnce()
        if (sweep === 'held up') await sleep(LOCKED_MS, { stop: stop.signal })
        else if (sweep === 'nothing due') await told.wait(untilNextMs(), stop.signal)
      } catch (error) {
        log.debug({ err: error }, 'timers are held up; another try follows')
        await sleep(PAUSE_MS, { stop: stop.signal })
      }
    }
    told.close()
  }

  async function sweepOnce(): Promise<'nothing due' | 'held up' | 'some done'> {
    // What is expected while the question is under way counts as well.
    next = null
    const claimed = [...handlers.keys()]
    const { rowAt, claimAt } = await findNextTimers(db, { rowKinds: [...rowKinds.keys()], claimed })
    const free = HANDLERS - held.size
    const isRowDue = isDue(rowAt)
    // Whoever has no hand free is told when it has one again.
    const isClaimDue = free > 0 && isDue(claimAt)
    if (!isRowDue && rowAt !== null) foresee(rowAt)
    if (!isClaimDue && claimAt !== null && free > 0) foresee(claimAt)
    if (!isRowDue && !isClaimDue) return 'nothing due'
    const { settled } = isRowDue ? await settleDue({ db, clock, log }, rowKinds) : { settled: 0 }
    const claims = isClaimDue ? await claimTimers({ db, clock, kinds: claimed, limit: free }) : []
    if (claims.length > 0) crashPoint('timers.after-claim')
    for (const claim of claims) begin(claim)
    return settled + claims.length > 0 ? 'some done' : 'held up'
  }

  function foresee(at: Date): void {
    if (isSooner(at)) next = at
  }

  function isDue(at: Date | null): boolean {
    return at !== null && at <= clock.now()
  }

  function isSooner(at: Date): boolean {
    return next === null || at < next
  }

  function untilNextMs(): number {
    if (next === null) return LOOK_MS
    const leftMs = next.getTime() - clock.now().getTime()
    return leftMs <= 0 ? 0 : Math.min(leftMs + Math.random() * GATHERED_MS, LOOK_MS)
  }

  function begin(claim: Claim): void {
    const work = handle(claim).finally(() => {
      held.delete(claim)
      if (held.size === HANDLERS - 1) changed.tell()
    })
    held.set(claim, work)
    if (!isRenewing) void renewForLong()
  }

  /** Most handlers have ended before their claims need it. */
  async function renewForLong(): Promise<void> {
    isRenewing = true
    while (held.size > 0 && !stop.signal.aborted) {
      await sleep(RENEWAL_MS, { stop: stop.signal })
      await renewClaims({ db, clock }, [...held.keys()]).catch((error: unknown) => {
        log.debug({ err: error }, 'claims on timers could not be renewed; another try follows')
      })
    }
    isRenewing = false
  }

  async function handle(claim: Claim): Promise<void> {
    try {
      await handlers.get(claim.kind)?.handle(claim, async (work) => {
        const isDone = await completeTimer({
          db,
          claim,
          work: async (trx) => {
            const outcome = await work(trx)
            crashPoint('timers.within-complete')
            if (outcome !== undefined) afterCommit(trx, () => expect(outcome.again))
            return outcome
          },
        })
        crashPoint('timers.after-complete')
        if (!isDone) log.info(factsOf(claim), 'a timer was completed too late or set anew; nothing was done')
        return isDone
      })
    } catch (error) {
      log.warn({ err: error, ...factsOf(claim) }, 'a timer could not be handled and will be tried again')
      await postpone(claim, error)
    }
  }

  /** Goes on until it is done: a claim that stayed would hold the timer up long after a short outage. */
  async function postpone(claim: Claim, error: unknown): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        return expect(await postponeTimer({ db, clock }, claim, error))
      } catch (failure) {
        log.debug({ err: failure, ...factsOf(claim) }, 'a claim cannot be given up yet; another try follows')
        await sleep(PAUSE_MS, { stop: stop.signal })
      }
    }
  }

  return {
    async schedule(trx, ...timers) {
      for (const timer of timers) {
        const claim = claimsAhead.make(trx, timer)
        await upsertTimer(trx, timer, claim)
        if (claim === undefined && known.has(timer.kind)) afterCommit(trx, () => expect(timer.dueAt))
        const name = alarmOf(timer)
        if (name !== undefined) afterCommit(trx, () => alarm.set({ name, at: timer.dueAt }))
      }
    },
    async cancel(trx, ...timers) {
      claimsAhead.drop(trx, timers)
      await deleteTimers(trx, timers)
      const names = timers.map(alarmOf).filter((name) => name !== undefined)
      if (names.length > 0) afterCommit(trx, () => alarm.clear(...names))
    },
    async start(kinds) {
      rowKinds = new Map(kinds.filter((kind) => 'settle' in kind).map((kind) => [kind.kind, kind]))
      handlers = new Map(kinds.filter((kind) => 'handle' in kind).map((kind) => [kind.kind, kind]))
      known = new Set(kinds.map(({ kind }) => kind))
      for (const { kind, standing } of handlers.values()) {
        if (standing !== undefined) await insertTimer(db, { kind, subject: standing, dueAt: clock.now() })
      }
      sweeping = sweepForEver()
    },
    feel(nextAt) {
      if (nextAt !== null && (isSooner(nextAt) || nextAt <= clock.now())) {
        next = nextAt
        changed.tell()
      }
    },
    async stop() {
      stop.abort()
      await sweeping
      // To give a claim back while its mail is on the way would have another process send it as well.
      await within(STOP_MS, Promise.allSettled(held.values()))
    },
  }
}

function factsOf({ kind, subject, attempt }: Claim) {
  return { timer: kind, subject, attempt }
}
