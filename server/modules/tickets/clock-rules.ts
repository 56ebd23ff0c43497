import type { BusinessTime, Interval } from './business-time.ts'
import type { TicketClockTable } from './clock-tables.ts'

export const clockKinds = ['first_response', 'resolution'] as const
export type ClockKind = (typeof clockKinds)[number]

/** Why time counts or does not: the hours of the desk and its holidays, and what the ticket itself waited for. */
export const timeReasons = ['counted', 'outside_hours', 'holiday', 'waiting_for_customer', 'ended'] as const
export type ExplainedInterval = Omit<Interval, 'reason'> & { readonly reason: (typeof timeReasons)[number] }

const MINUTE_MS = 60_000

/** A stretch of the ticket's life as it is kept. */
export type Span = {
  readonly status: string
  readonly pending_reason: string | null
  readonly started_at: Date
  readonly ended_at: Date | null
}

/** What the clocks make of such stretches; the last one of a ticket has no end until its clock stops. */
export type Period = {
  readonly from: Date
  readonly until: Date | null
  readonly standing: 'running' | 'waiting_for_customer' | 'ended'
}

/** In their order, those that follow one another alike as one. */
export function periodsOf(spans: readonly Span[]): Period[] {
  const periods: Period[] = []
  for (const span of spans) {
    const next: Period = { from: span.started_at, until: span.ended_at, standing: standingOf(span) }
    const last = periods.at(-1)
    if (last?.standing === next.standing) periods.splice(-1, 1, { ...last, until: next.until })
    else periods.push(next)
  }
  return periods
}

function standingOf({ status, pending_reason: reason }: Span): Period['standing'] {
  if (status === 'pending') return reason === 'customer' ? 'waiting_for_customer' : 'running'
  return status === 'new' || status === 'open' ? 'running' : 'ended'
}

type Stopping = {
  readonly kind: ClockKind
  readonly periods: readonly Period[]
  readonly respondedAt: Date | null
  /** When it stopped, as far as it had before. */
  readonly stoppedAt: Date | null
}

/**
 * When a clock stopped, or null while it goes on. The first response is given once; a solution that is none sets the
 * clock of the resolution going again.
 */
export function stopOf({ kind, periods, respondedAt, stoppedAt }: Stopping): Date | null {
  const last = periods.at(-1)
  const endedAt = last?.standing === 'ended' ? last.from : null
  if (kind === 'resolution') return endedAt
  const [first] = periods
  const isEarly = respondedAt !== null && first !== undefined && respondedAt < first.from
  return stoppedAt ?? (isEarly ? first.from : respondedAt) ?? endedAt
}

/** The periods until the clock stopped. */
export function cutAt(periods: readonly Period[], stoppedAt: Date | null): Period[] {
  if (stoppedAt === null) return [...periods]
  return periods.flatMap((period) => {
    if (period.from >= stoppedAt) return []
    return period.until === null || period.until > stoppedAt ? [{ ...period, until: stoppedAt }] : [period]
  })
}

type Measuring = {
  readonly time: BusinessTime
  readonly periods: readonly Period[]
  readonly now: Date
}

/** The business time of the periods in which the clock ran, in milliseconds. */
export function usedMs({ time, periods, now }: Measuring): number {
  return running(periods).reduce((sum, { from, until }) => sum + time.between(from, until ?? now), 0)
}

/** When so much was or will be used, if nothing else happens; null while it stands still before that. */
export function reachedAt({ time, periods }: Omit<Measuring, 'now'>, neededMs: number): Date | null {
  let leftMs = neededMs
  for (const { from, until } of running(periods)) {
    const at = time.add(from, leftMs)
    if (until === null || (at !== null && at < until)) return at
    leftMs -= time.between(from, until)
  }
  return null
}

/** Of the time that a target gives, what is used when the warning goes out. */
export function warningMs(minutes: number, percent: number): number {
  return Math.ceil((targetMs(minutes) * percent) / 100)
}

export function targetMs(minutes: number): number {
  return minutes * MINUTE_MS
}

/** Every interval since the ticket came, with why it counts or does not. */
export function explainPeriods({ time, periods, now }: Measuring): ExplainedInterval[] {
  return periods.flatMap(({ from, until, standing }): ExplainedInterval[] => {
    const end = until ?? now
    if (end <= from) return []
    return standing === 'running' ? time.explain(from, end) : [{ from, until: end, reason: standing }]
  })
}

function running(periods: readonly Period[]): Period[] {
  return periods.filter(({ standing }) => standing === 'running')
}

export type PolicyScope = { readonly priority_id: number | null; readonly category_id: number | null }

/** The most particular policy: for both, then for the category, then for the priority, then for all. */
export function policyFor<Policy extends PolicyScope>(
  policies: readonly Policy[],
  { priority_id: priority, category_id: category }: PolicyScope,
): Policy | undefined {
  const weightOf = (policy: Policy): number =>
    (policy.category_id === null ? 0 : 2) + (policy.priority_id === null ? 0 : 1)
  return policies
    .filter((policy) => policy.priority_id === null || policy.priority_id === priority)
    .filter((policy) => policy.category_id === null || policy.category_id === category)
    .toSorted((one, other) => weightOf(other) - weightOf(one))[0]
}

export const clockStates = ['running', 'paused', 'met', 'breached', 'stopped', 'no_target'] as const

type Shown = Pick<TicketClockTable, 'target_minutes' | 'breached_at' | 'stopped_at' | 'paused_at'>

/** `stopped` is what was called off in time: nobody has met anything then. */
export function clockStateOf(
  clock: Shown,
  { isCancelled }: { readonly isCancelled: boolean },
): (typeof clockStates)[number] {
  if (clock.breached_at !== null) return 'breached'
  if (clock.target_minutes === null) return 'no_target'
  if (clock.stopped_at !== null) return isCancelled ? 'stopped' : 'met'
  return clock.paused_at === null ? 'running' : 'paused'
}
