import type { Kysely, Selectable, Transaction } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import type { Clock } from '../clock.ts'
import { describeFailure } from '../database/failure.ts'
import type { PlatformTables, TimerTable } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import type { Log } from '../telemetry/log.ts'
import { pauseAfter, selectDue } from './claims.ts'
import type { DueTimer, RowTimerKind, Settled } from './timer.ts'

/** So many in one transaction: few enough that nobody waits long for the rows that it has locked. */
const BATCH = 50

type SettleParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly log: Log
}

/** How many timers were due, and how many of them were done or put off. */
export type Settlement = { readonly due: number; readonly settled: number }

type DueRow = Pick<Selectable<TimerTable>, 'kind' | 'subject' | 'due_at' | 'attempt' | 'data'>

const call: Call<unknown> = systemCall

/** Does what is due of these kinds, once, and ends its timers with it. */
export async function settleDue(
  parts: SettleParts,
  kinds: ReadonlyMap<string, RowTimerKind>,
): Promise<Settlement> {
  if (kinds.size === 0) return { due: 0, settled: 0 }
  const { db, clock, log } = parts
  try {
    return await transaction(db, call, async (trx) => {
      const due = await selectDue(trx, { now: clock.now(), kinds: [...kinds.keys()], limit: BATCH }).execute()
      return { due: due.length, settled: await settleThese(trx, kinds, due) }
    })
  } catch (error) {
    log.debug({ err: error }, 'timers could not be settled together')
    return await settleOneByOne(parts, kinds)
  }
}

/** A timer whose work throws waits longer each time, and holds none of the others up. */
async function settleOneByOne(
  parts: SettleParts,
  kinds: ReadonlyMap<string, RowTimerKind>,
): Promise<Settlement> {
  const { db, clock, log } = parts
  const wanted = { now: clock.now(), kinds: [...kinds.keys()] }
  const due = await selectDue(db, { ...wanted, limit: BATCH }).execute()
  let settled = 0
  for (const row of due) {
    try {
      settled += await transaction(db, call, async (trx) => {
        const still = selectDue(trx, { ...wanted, limit: 1 })
          .where('kind', '=', row.kind)
          .where('subject', '=', row.subject)
        return await settleThese(trx, kinds, await still.execute())
      })
    } catch (error) {
      log.warn(
        { err: error, timer: row.kind, subject: row.subject, attempt: row.attempt + 1 },
        'a timer could not be handled and will be tried again',
      )
      await putOff(parts, row, error)
      settled += 1
    }
  }
  return { due: due.length, settled }
}

/** Answers how many are done or due again later. */
async function settleThese(
  trx: Transaction<PlatformTables>,
  kinds: ReadonlyMap<string, RowTimerKind>,
  due: readonly DueRow[],
): Promise<number> {
  let settled = 0
  for (const [name, rows] of Map.groupBy(due, ({ kind }) => kind)) {
    const outcomes = (await kinds.get(name)?.settle(trx, rows.map(toTimer))) ?? []
    await endTimers(trx, name, outcomes)
    settled += outcomes.length
  }
  return settled
}

async function endTimers(
  trx: Transaction<PlatformTables>,
  kind: string,
  outcomes: readonly Settled[],
): Promise<void> {
  const done = outcomes.filter(({ again }) => again === null).map(({ subject }) => subject)
  if (done.length > 0)
    await trx.deleteFrom('timers').where('kind', '=', kind).where('subject', 'in', done).execute()
  for (const { subject, again } of outcomes) {
    if (again === null) continue
    await trx
      .updateTable('timers')
      .set({ due_at: again, next_at: again, attempt: 0, last_error: null })
      .where('kind', '=', kind)
      .where('subject', '=', subject)
      .execute()
  }
}

function toTimer({ subject, due_at: dueAt, attempt, data }: DueRow): DueTimer {
  return { subject, dueAt, attempt: attempt + 1, data: data === null ? undefined : JSON.parse(data) }
}

async function putOff({ db, clock }: SettleParts, row: DueRow, error: unknown): Promise<void> {
  const attempt = row.attempt + 1
  await db
    .updateTable('timers')
    .set({
      next_at: new Date(clock.now().getTime() + pauseAfter(attempt)),
      attempt,
      last_error: describeFailure(error),
    })
    .where('kind', '=', row.kind)
    .where('subject', '=', row.subject)
    // Nobody has set it anew meanwhile.
    .where('due_at', '=', row.due_at)
    .execute()
}
