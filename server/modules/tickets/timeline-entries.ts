import { isDeepStrictEqual } from 'node:util'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { ReworkOrder } from './rework-schemas.ts'
import type { LoggedEvent } from './timeline-queries.ts'
import { ClockDetail, LinkDetail, type TimelineEntry } from './timeline-schemas.ts'

export type Facts = Readonly<Record<string, unknown>>
type Field = { readonly name: string; readonly holds?: 'person' | 'group'; readonly isForDesk?: true }

/** What of a ticket a timeline tells. How the desk divides its work among itself, and sorts it, is its own affair. */
const FIELDS: readonly Field[] = [
  { name: 'status' },
  { name: 'pending_reason' },
  { name: 'pending_until' },
  { name: 'title' },
  { name: 'priority_id' },
  { name: 'category_id' },
  { name: 'type_id' },
  { name: 'assignee_id', holds: 'person' },
  { name: 'solution' },
  { name: 'rating' },
  { name: 'rating_comment' },
  { name: 'merged_into_id' },
  { name: 'group_id', holds: 'group', isForDesk: true },
  { name: 'tags', isForDesk: true },
  { name: 'watcher_ids', isForDesk: true },
  { name: 'inv_gate_id', isForDesk: true },
]

/** What an event has told; an older version of the program may have told less. */
export function readFacts({ data }: Pick<LoggedEvent, 'data'>): Facts {
  return JSON.parse(data)
}

/** The people whom the fields of these tickets name. */
export function peopleOf(facts: readonly Facts[]): string[] {
  return facts.map(({ assignee_id: id }) => id).filter((id) => typeof id === 'string')
}

type Telling = {
  /** Null where nobody knows how it was before, as of a new ticket. */
  readonly before: Facts | null
  readonly after: Facts
  readonly isForDesk: boolean
  /** Of people and groups, by their ids. */
  readonly names: ReadonlyMap<string, string>
}

export function changesOf({ before, after, isForDesk, names }: Telling): TimelineEntry['changes'] {
  if (before === null) return []
  return FIELDS.filter((field) => isForDesk || field.isForDesk === undefined).flatMap((field) => {
    const values = { before: valueOf(before, field), after: valueOf(after, field) }
    // Two people may have one name.
    if (isDeepStrictEqual(before[field.name] ?? null, after[field.name] ?? null)) return []
    return [{ field: field.name.replace(/^(assignee|group)_id$/, '$1'), ...values }]
  })

  function valueOf(facts: Facts, { name, holds }: Field): unknown {
    const value = facts[name] ?? null
    if (holds === undefined || typeof value !== 'string') return value
    return names.get(value) ?? null
  }
}

const linked = Compile(Type.Object({ link: LinkDetail }))
const clocked = Compile(ClockDetail)
const reworked = Compile(Type.Object({ rework: ReworkOrder }))

type Details = Pick<TimelineEntry, 'link' | 'sla' | 'rework'>

/** What an event tells besides how the ticket is since. */
export function detailsOf(type: string, facts: Facts): Details {
  const nothing: Details = { link: null, sla: null, rework: null }
  if (linked.Check(facts)) {
    const { kind, record_id: recordId, relation } = facts.link
    return { ...nothing, link: { kind, record_id: recordId, relation } }
  }
  if (type.startsWith('ticket.sla_') && clocked.Check(facts))
    return { ...nothing, sla: { clock: facts.clock, due_at: facts.due_at } }
  return reworked.Check(facts) ? { ...nothing, rework: facts.rework } : nothing
}

/** Of what others may read, not all says something to them: a tag of the desk, a link to a ticket of somebody else. */
export function isWorthTelling({ type, changes, link }: TimelineEntry): boolean {
  if (type === 'ticket.updated') return changes.length > 0
  return link?.kind !== 'ticket'
}
