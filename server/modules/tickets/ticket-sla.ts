import { type Call, may } from '#platform/call'
import { getTicketRow } from './access.ts'
import { listClocks, listSpans, type PolicyRow } from './clock-queries.ts'
import { clockStateOf, explainPeriods, targetMs } from './clock-rules.ts'
import { type ReviewedClock, reviewClocks } from './clocks.ts'
import type { TicketParts } from './parts.ts'
import type { SlaClock, TicketSla } from './sla-schemas.ts'
import { readTerms, type Terms } from './terms.ts'

export type TicketSlas = ReturnType<typeof createTicketSlas>

/** How a ticket stands with its targets; for the desk with every interval that counted or did not, and why. */
export function createTicketSlas(parts: Pick<TicketParts, 'db' | 'clock' | 'businessDays'>) {
  const { db, clock, businessDays } = parts

  return {
    async explainSla(call: Call, reference: string): Promise<TicketSla> {
      const ticket = await getTicketRow(db, call, reference)
      const terms = await readTerms(parts, db)
      const spans = await listSpans(db, ticket.id)
      const known = await listClocks(db, ticket.id)
      const now = clock.now()
      const clocks = reviewClocks(
        { businessDays, clock: { now: () => now } },
        { ticket, terms, spans, known },
      )
      const isCancelled = ticket.status === 'cancelled'
      const isForDesk = may(call, 'tickets:read_any')
      return {
        ticket_id: ticket.id,
        number: ticket.number,
        zone: businessDays.zone,
        calculated_at: now.toISOString(),
        clocks: clocks.map((each) => ({
          ...outlineOf(each, { isCancelled }),
          ...(isForDesk ? explanationOf(each, { terms, now }) : {}),
        })),
      }
    },
  }
}

function outlineOf(
  { row, kind }: ReviewedClock,
  ticket: { readonly isCancelled: boolean },
): Pick<SlaClock, 'kind' | 'state' | 'target_minutes' | 'due_at' | 'stopped_at' | 'breached_at'> {
  return {
    kind,
    state: clockStateOf(row, ticket),
    target_minutes: row.target_minutes,
    due_at: toText(row.due_at),
    stopped_at: toText(row.stopped_at),
    breached_at: toText(row.breached_at),
  }
}

function explanationOf(
  { row, periods }: ReviewedClock,
  { terms: { time, policies }, now }: { readonly terms: Terms; readonly now: Date },
) {
  const intervals = explainPeriods({ time, periods, now }).map(({ from, until, reason, holiday }) => ({
    from: from.toISOString(),
    until: until.toISOString(),
    counted: reason === 'counted',
    reason,
    ...(holiday === undefined ? {} : { holiday }),
    duration_ms: until.getTime() - from.getTime(),
  }))
  const sum = (isCounted: boolean): number =>
    intervals.reduce((ms, each) => (each.counted === isCounted ? ms + each.duration_ms : ms), 0)
  const countedMs = sum(true)
  const minutes = row.target_minutes
  return {
    warned_at: toText(row.warned_at),
    policy: nameOf(policies, row.policy_id),
    warn_percent: row.warn_percent,
    counted_ms: countedMs,
    uncounted_ms: sum(false),
    remaining_ms: minutes === null ? null : targetMs(minutes) - countedMs,
    intervals,
  }
}

/** Null also for a policy that is gone, by which a clock has stopped. */
function nameOf(policies: readonly PolicyRow[], id: string | null) {
  const policy = policies.find((each) => each.id === id)
  return policy === undefined ? null : { id: policy.id, name: policy.name }
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
