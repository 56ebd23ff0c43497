import { type Static, Type } from 'typebox'
import { BusinessDay, Nullable, Strict } from '#platform/http/schemas'
import { StatusSchema } from './schemas.ts'

export const reportGroups = ['day', 'status', 'priority', 'category', 'age'] as const
export type ReportGroup = (typeof reportGroups)[number]

/** For how many days a ticket has been open: today's are 0. */
export const ages = ['0-1', '2-7', '8-30', '31+'] as const
export type Age = (typeof ages)[number]

export const TicketReportQuery = Strict({
  from: Type.Optional(BusinessDay),
  to: Type.Optional(BusinessDay),
  by: Type.Optional(
    Type.Enum([...reportGroups], {
      description: '`day` without it; `age` takes all that are open now, whatever the days',
    }),
  ),
})

const figures = {
  tickets: Type.Integer({ description: 'That came on these days' }),
  open: Type.Integer({ description: 'Of them new, open or pending now' }),
  solved: Type.Integer({ description: 'Of them solved or closed now' }),
  cancelled: Type.Integer(),
  first_response_minutes: Nullable(
    Type.Integer({ description: 'Business minutes until the first response, on average' }),
  ),
  resolution_minutes: Nullable(
    Type.Integer({ description: 'Business minutes until the solution, on average' }),
  ),
  first_response_breaches: Type.Integer(),
  resolution_breaches: Type.Integer(),
  ratings: Type.Integer(),
  rating: Nullable(Type.Number({ description: 'On average, to two places' })),
}
export const TicketReportRow = Type.Object({
  day: Type.Optional(Type.String({ format: 'date' })),
  status: Type.Optional(StatusSchema),
  priority_id: Type.Optional(Type.Integer()),
  category_id: Type.Optional(Nullable(Type.Integer())),
  age: Type.Optional(Type.Enum([...ages])),
  ...figures,
})
export const TicketReport = Type.Object({
  from: Type.String({ format: 'date' }),
  to: Type.String({ format: 'date' }),
  zone: Type.String(),
  by: Type.Enum([...reportGroups]),
  data: Type.Array(TicketReportRow),
  totals: Type.Object(figures),
  backlog: Type.Array(
    Type.Object({ age: Type.Enum([...ages], { description: 'Days' }), tickets: Type.Integer() }),
    { description: 'All that are open now, by their age' },
  ),
})
export const figureNames = [
  'tickets',
  'open',
  'solved',
  'cancelled',
  'first_response_minutes',
  'resolution_minutes',
  'first_response_breaches',
  'resolution_breaches',
  'ratings',
  'rating',
] as const satisfies readonly (keyof typeof figures)[]

export type TicketReportQuery = Static<typeof TicketReportQuery>
export type TicketReportRow = Static<typeof TicketReportRow>
export type TicketReport = Static<typeof TicketReport>
export type TicketFigures = TicketReport['totals']
