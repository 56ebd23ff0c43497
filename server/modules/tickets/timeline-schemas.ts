import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, pageQuery, Strict, Time } from '#platform/http/schemas'
import { clockKinds } from './clock-rules.ts'
import { Link } from './link-schemas.ts'
import { Message } from './message-schemas.ts'
import { ReworkOrder } from './rework-schemas.ts'

/** A field of a ticket that is different since; people and groups by their names. */
const Change = Type.Object({ field: Type.String(), before: Type.Unknown(), after: Type.Unknown() })

export const LinkDetail = Type.Pick(Link, ['kind', 'record_id', 'relation'])
export const ClockDetail = Type.Object({ clock: Type.Enum([...clockKinds]), due_at: Nullable(Time) })

export const TimelineEntry = Type.Object({
  id: Id,
  type: Type.String({ description: 'As the events are called, such as `ticket.status_changed`' }),
  at: Time,
  actor: Nullable(
    Type.Object(
      { id: Nullable(Id), name: Nullable(Type.String()) },
      { description: 'Null for the program itself; the id is null for who is known at InvGate only' },
    ),
  ),
  changes: Type.Array(Change),
  message: Nullable(Message),
  link: Nullable(LinkDetail),
  /** Of `ticket.sla_warned` and `ticket.sla_breached`, which the desk reads. */
  sla: Nullable(ClockDetail),
  /** Of `ticket.rework_requested`, which the desk reads. */
  rework: Nullable(ReworkOrder),
})
export const TimelinePage = PageOf(TimelineEntry)
export const TimelineQuery = Strict({
  ...pageQuery,
  sort: Type.Optional(Type.Enum(['at', '-at'], { description: 'The newest first without it' })),
})

export type TimelineEntry = Static<typeof TimelineEntry>
export type TimelineQuery = Static<typeof TimelineQuery>
