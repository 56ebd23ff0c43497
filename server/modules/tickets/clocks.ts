import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from 'kysely'
import { type ClockRow, insertClocks, listClocks, listSpans, updateClock } from './clock-queries.ts'
import {
  type ClockKind,
  clockKinds,
  cutAt,
  type Period,
  periodsOf,
  policyFor,
  reachedAt,
  type Span,
  stopOf,
  targetMs,
  usedMs,
  warningMs,
} from './clock-rules.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import type { Deadlines } from './sla-schemas.ts'
import type { TicketTables } from './table.ts'
import { readTerms, type Terms } from './terms.ts'

/** The kind of the timers of the clocks; the subject is `<ticket>/<kind of clock>`. */
export const CLOCK = 'ticket.clock'

type Move = {
  /** Null for a new ticket. */
  readonly before: TicketRow | null
  readonly after: TicketRow
}

export type ReviewedClock = {
  readonly row: ClockRow
  readonly kind: ClockKind
  /** Until it stopped. */
  readonly periods: readonly Period[]
  /** When the warning is due, or was. */
  readonly warnAt: Date | null
}

/** Starts, pauses, moves and stops the clocks of a ticket after a change of it, and says what is due from then on. */
export async function keepClocks(
  parts: TicketParts,
  trx: Transaction<TicketTables>,
  { before, after }: Move,
): Promise<Deadlines> {
  if (before !== null && !concernsClocks(before, after)) return deadlinesOf(await listClocks(trx, after.id))
  const terms = await readTerms(parts, trx)
  const clocks = await renewClocks(parts, trx, { ticket: after, terms, isNew: before === null })
  await setTimers(parts, trx, clocks)
  return deadlinesOf(clocks.map(({ row }) => row))
}

/** By when the desk is to answer and to solve, as far as these clocks of one ticket go on. */
export function deadlinesOf(clocks: readonly ClockRow[]): Deadlines {
  const dueAt = (kind: ClockKind): string | null => {
    const clock = clocks.find((row) => row.kind === kind && row.stopped_at === null && row.paused_at === null)
    return clock?.due_at?.toISOString() ?? null
  }
  return { first_response_due_at: dueAt('first_response'), resolution_due_at: dueAt('resolution') }
}

/** Looks at the clocks of a ticket whose row is locked as they are by these terms, and keeps what came out. */
export async function renewClocks(
  parts: Pick<TicketParts, 'clock' | 'businessDays'>,
  trx: Transaction<TicketTables>,
  { ticket, terms, isNew = false }: { ticket: TicketRow; terms: Terms; isNew?: boolean },
): Promise<ReviewedClock[]> {
  const known = isNew ? [] : await listClocks(trx, ticket.id)
  const spans = await listSpans(trx, ticket.id)
  const clocks = reviewClocks(parts, { ticket, terms, spans, known })
  const made = clocks.filter(({ row }) => !known.some(({ id }) => id === row.id))
  if (made.length > 0)
    await insertClocks(
      trx,
      made.map(({ row }) => row),
    )
  for (const { row } of clocks) if (known.some((other) => isChanged(other, row))) await updateClock(trx, row)
  return clocks
}

type Evidence = {
  readonly ticket: TicketRow
  readonly terms: Terms
  readonly spans: readonly Span[]
  readonly known: readonly ClockRow[]
}

/** Both clocks of a ticket as they are now; what they have told of already stays told. */
export function reviewClocks(
  parts: Pick<TicketParts, 'clock' | 'businessDays'>,
  { known, ...evidence }: Evidence,
): ReviewedClock[] {
  return clockKinds.map((kind) =>
    reviewClock(parts, { ...evidence, kind, before: known.find((row) => row.kind === kind) }),
  )
}

type ClockEvidence = Omit<Evidence, 'known'> & {
  readonly kind: ClockKind
  readonly before?: ClockRow | undefined
}

function reviewClock(
  { clock, businessDays }: Pick<TicketParts, 'clock' | 'businessDays'>,
  { kind, before, ticket, terms: { time, policies }, spans }: ClockEvidence,
): ReviewedClock {
  const all = periodsOf(spans)
  const stoppedAt = stopOf({
    kind,
    periods: all,
    respondedAt: ticket.responded_at,
    stoppedAt: before?.stopped_at ?? null,
  })
  const periods = cutAt(all, stoppedAt)
  // What was measured when it stopped stays, whatever becomes of the hours and the policies.
  if (before !== undefined && before.stopped_at !== null && stoppedAt !== null)
    return { row: before, kind, periods, warnAt: before.due_at }
  const policy = policyFor(policies, ticket)
  const minutes = targetOf(kind, policy)
  const warnPercent = policy?.warn_percent ?? 100
  const measured = { time, periods, now: clock.now() }
  const reached = (neededMs: (minutes: number) => number): Date | null =>
    minutes === null ? null : reachedAt(measured, neededMs(minutes))
  const row: ClockRow = {
    id: `${ticket.id}.${kind}`,
    ticket_id: ticket.id,
    kind,
    policy_id: policy?.id ?? null,
    target_minutes: minutes,
    warn_percent: warnPercent,
    business_day: before?.business_day ?? businessDays.dayOf(ticket.created_at),
    started_at: before?.started_at ?? all[0]?.from ?? ticket.created_at,
    due_at: reached(targetMs),
    warned_at: before?.warned_at ?? null,
    breached_at: before?.breached_at ?? null,
    stopped_at: stoppedAt,
    paused_at: stoppedAt === null ? pausedSince(periods) : null,
    used_ms: stoppedAt === null ? null : usedMs(measured),
  }
  return { row, kind, periods, warnAt: reached((target) => warningMs(target, warnPercent)) }
}

/** When a clock has something to tell next; null while it has nothing. */
export function nextMoment({ row, warnAt }: Pick<ReviewedClock, 'row' | 'warnAt'>): Date | null {
  if (row.breached_at !== null || (row.stopped_at !== null && row.due_at === null)) return null
  return row.warned_at === null ? (warnAt ?? row.due_at) : row.due_at
}

export async function setTimers(
  { timers }: Pick<TicketParts, 'timers'>,
  trx: Transaction<TicketTables>,
  clocks: readonly ReviewedClock[],
): Promise<void> {
  for (const { row, kind, warnAt } of clocks) {
    const timer = { kind: CLOCK, subject: `${row.ticket_id}/${kind}` }
    const dueAt = nextMoment({ row, warnAt })
    if (dueAt === null) await timers.cancel(trx, timer)
    else await timers.schedule(trx, { ...timer, dueAt })
  }
}

function concernsClocks(before: TicketRow, after: TicketRow): boolean {
  return (
    before.status !== after.status ||
    before.pending_reason !== after.pending_reason ||
    before.priority_id !== after.priority_id ||
    before.category_id !== after.category_id ||
    before.responded_at?.getTime() !== after.responded_at?.getTime()
  )
}

function targetOf(kind: ClockKind, policy: Terms['policies'][number] | undefined): number | null {
  if (policy === undefined) return null
  return kind === 'first_response' ? policy.first_response_minutes : policy.resolution_minutes
}

function pausedSince(periods: readonly Period[]): Date | null {
  const last = periods.at(-1)
  return last?.standing === 'waiting_for_customer' ? last.from : null
}

function isChanged(one: ClockRow, other: ClockRow): boolean {
  return one.id === other.id && !isDeepStrictEqual({ ...one }, other)
}
