import { type Static, Type } from 'typebox'
import {
  BusinessDay,
  Id,
  Line,
  Nullable,
  PageOf,
  pageQuery,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import { clockKinds, clockStates, timeReasons } from './clock-rules.ts'
import { CatalogueId, Ticket } from './schemas.ts'

/** A year of minutes is more than any target of business minutes. */
const Minutes = Type.Integer({ minimum: 1, maximum: 525_600, description: 'Business minutes' })

const policyFields = {
  name: Line(120),
  priority_id: Nullable(CatalogueId),
  category_id: Nullable(CatalogueId),
  first_response_minutes: Nullable(Minutes),
  resolution_minutes: Nullable(Minutes),
  warn_percent: Type.Integer({
    minimum: 1,
    maximum: 99,
    description: 'At how many hundredths of the time a warning goes out',
  }),
}
export const SlaPolicy = Type.Object({
  id: Id,
  ...policyFields,
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const SlaPolicyPage = PageOf(SlaPolicy)
export const SlaPolicyQuery = Strict(pageQuery)
export const SlaPolicyBody = Strict(
  {
    name: policyFields.name,
    priority_id: Type.Optional(policyFields.priority_id),
    category_id: Type.Optional(policyFields.category_id),
    first_response_minutes: Type.Optional(policyFields.first_response_minutes),
    resolution_minutes: Type.Optional(policyFields.resolution_minutes),
    warn_percent: Type.Optional(policyFields.warn_percent),
  },
  {
    description:
      'Null, or nothing, as priority or category is for all; as target, none; 80 % without a warning',
  },
)
export const SlaPolicyChange = Strict(
  { ...SlaPolicyBody.properties, name: Type.Optional(policyFields.name) },
  { minProperties: 1, description: 'Changes the fields that it names' },
)

const OpenRange = Strict({
  from: Type.String({ pattern: '^(?:[01]\\d|2[0-3]):[0-5]\\d$', maxLength: 5 }),
  to: Type.String({ pattern: '^(?:(?:[01]\\d|2[0-3]):[0-5]\\d|24:00)$', maxLength: 5 }),
})
const DayHours = Type.Array(OpenRange, { maxItems: 8 })
const weekFields = {
  monday: DayHours,
  tuesday: DayHours,
  wednesday: DayHours,
  thursday: DayHours,
  friday: DayHours,
  saturday: DayHours,
  sunday: DayHours,
}
export const WeekHours = Strict(weekFields, {
  description: 'On the wall clock of the zone; ranges in their order that do not overlap; 24:00 ends a day',
})
export const OpeningHours = Type.Object({
  zone: Type.String(),
  hours: Type.Object(weekFields),
  version: Version,
  updated_at: Time,
})
export const OpeningHoursBody = Strict({ hours: WeekHours })

export const holidayKinds = ['national', 'joint_leave', 'own'] as const
const HolidayKind = Type.Enum([...holidayKinds])
export const Holiday = Type.Object({
  day: Type.String({ format: 'date' }),
  name: Type.String(),
  kind: HolidayKind,
})
export const HolidayList = Type.Object({ year: Type.Integer(), data: Type.Array(Holiday) })
export const HolidayQuery = Strict({
  year: Type.Optional(Type.Integer({ minimum: 1900, maximum: 2099, description: 'This year without it' })),
})
export const HolidayParams = Type.Object({ day: BusinessDay })
export const HolidayBody = Strict({ name: Line(200), kind: Type.Optional(HolidayKind) })

const Milliseconds = Type.Integer({ description: 'Milliseconds' })
const SlaInterval = Type.Object({
  from: Time,
  until: Time,
  counted: Type.Boolean(),
  reason: Type.Enum([...timeReasons]),
  holiday: Type.Optional(Type.String({ description: 'Its name' })),
  duration_ms: Milliseconds,
})
/** What the customer sees is required; the rest is for the desk. */
const SlaClock = Type.Object({
  kind: Type.Enum([...clockKinds]),
  state: Type.Enum([...clockStates]),
  target_minutes: Nullable(Type.Integer()),
  due_at: Nullable(Time),
  stopped_at: Nullable(Time),
  breached_at: Nullable(Time),
  warned_at: Type.Optional(Nullable(Time)),
  policy: Type.Optional(Nullable(Type.Object({ id: Id, name: Type.String() }))),
  warn_percent: Type.Optional(Type.Integer()),
  counted_ms: Type.Optional(Milliseconds),
  uncounted_ms: Type.Optional(Milliseconds),
  remaining_ms: Type.Optional(Nullable(Milliseconds)),
  intervals: Type.Optional(Type.Array(SlaInterval)),
})
export const TicketSla = Type.Object({
  ticket_id: Id,
  number: Type.String(),
  zone: Type.String(),
  calculated_at: Time,
  clocks: Type.Array(SlaClock),
})

/** By when the desk is to answer and to solve a ticket: null while nothing is due, as the clock waits or has stopped. */
const deadlines = { first_response_due_at: Nullable(Time), resolution_due_at: Nullable(Time) }
const Deadlines = Type.Object(deadlines)
/** The whole of a ticket as events tell of it. Whoever may see it may read its deadlines. */
export const ToldTicket = Type.Object({ ...Ticket.properties, ticket_id: Id, ...deadlines })

export type Deadlines = Static<typeof Deadlines>
export type SlaPolicy = Static<typeof SlaPolicy>
export type SlaPolicyQuery = Static<typeof SlaPolicyQuery>
export type SlaPolicyBody = Static<typeof SlaPolicyBody>
export type SlaPolicyChange = Static<typeof SlaPolicyChange>
export type WeekHours = Static<typeof WeekHours>
export type OpeningHours = Static<typeof OpeningHours>
export type Holiday = Static<typeof Holiday>
export type HolidayBody = Static<typeof HolidayBody>
export type SlaClock = Static<typeof SlaClock>
export type TicketSla = Static<typeof TicketSla>
