import { type Static, Type } from 'typebox'
import { BusinessDay, Id, Nullable, Strict } from '#platform/http/schemas'
import { scrapReasons } from './lifecycle.ts'
import { HoldReasonSchema, StatusSchema } from './schemas.ts'

export const WorkReportQuery = Strict({
  from: Type.Optional(BusinessDay),
  to: Type.Optional(BusinessDay),
})

const Day = Type.String({ format: 'date' })
const days = { from: Day, to: Day, zone: Type.String({ description: 'Whose days they are' }) }
const Milliseconds = Type.Integer({ description: 'Milliseconds' })

const output = { good: Type.Integer(), scrap: Type.Integer(), rework: Type.Integer() }

/** Which date puts what into the days is said with each section. */
export const WorkOrderReport = Type.Object({
  ...days,
  statuses: Type.Array(
    Type.Object({ status: StatusSchema, count: Type.Integer(), quantity: Type.Integer() }),
    { description: 'The orders created on these days, by the status that they have now' },
  ),
  overdue: Type.Object(
    { count: Type.Integer(), quantity: Type.Integer() },
    { description: 'Those of the orders created on these days that are open now, their deadline passed' },
  ),
  on_time: Type.Object(
    {
      completed: Type.Integer(),
      on_time: Type.Integer({ description: 'Completed by the deadline' }),
      late: Type.Integer(),
      rate: Nullable(Type.Number({ description: '0 to 1, four digits; null if none was completed' })),
    },
    { description: 'The orders completed on these days, whenever they were created' },
  ),
  output: Type.Object(output, {
    description: 'What the production log counts on these days; a reversal counts on its own day',
  }),
  scrap: Type.Array(Type.Object({ reason: Type.Enum([...scrapReasons]), quantity: Type.Integer() })),
  downtime: Type.Array(
    Type.Object({
      reason: HoldReasonSchema,
      holds: Type.Integer({ description: 'How many lasted on these days for a while' }),
      duration_ms: Milliseconds,
    }),
    {
      description:
        'The time on these days, up to now, for which orders were held; of two held at once both count',
    },
  ),
  weeks: Type.Array(
    Type.Object({
      week: Type.String({ description: 'ISO 8601, as `2026-W47`' }),
      from: Day,
      to: Day,
      completed: Type.Integer(),
      good: Type.Integer(),
    }),
    { description: 'Orders completed and good ones by week, cut where the days end' },
  ),
  totals: Type.Object({
    count: Type.Integer(),
    quantity: Type.Integer(),
    completed: Type.Integer(),
    ...output,
    downtime_ms: Milliseconds,
  }),
})

const operatorFigures = {
  completed: Type.Integer({
    description: 'Orders completed on these days; of several operators the responsible',
  }),
  good: Type.Integer(),
  scrap: Type.Integer(),
  rework: Type.Integer(),
  mean_time_ms: Nullable(
    Type.Integer({
      description: 'Milliseconds from start to finish of the completed orders, holds included',
    }),
  ),
  worked_ms: Type.Integer({ description: 'Milliseconds worked on these days, up to now' }),
}
export const OperatorReport = Type.Object({
  ...days,
  data: Type.Array(
    Type.Object({
      operator_id: Nullable(Id),
      name: Nullable(
        Type.String({ description: 'Null for what is nobody’s, and for somebody unknown here' }),
      ),
      ...operatorFigures,
    }),
  ),
  totals: Type.Object(operatorFigures),
})

export type WorkReportQuery = Static<typeof WorkReportQuery>
export type WorkOrderReport = Static<typeof WorkOrderReport>
export type OperatorReport = Static<typeof OperatorReport>
