import { type Static, Type } from 'typebox'
import { Id, Nullable, numberedPageQuery, PageOf, Strict, Time } from '#platform/http/schemas'
import { HoldReasonSchema, StatusSchema } from './schemas.ts'

export const StatusChange = Type.Object({
  id: Id,
  work_order_id: Id,
  from: Nullable(StatusSchema),
  status: StatusSchema,
  quantity: Type.Integer({ description: 'Good ones that were reported with it' }),
  scrap: Type.Integer(),
  produced: Type.Integer({ description: 'Good ones of all time, as of then' }),
  hold_reason: Nullable(HoldReasonSchema),
  note: Nullable(Type.String()),
  actor_id: Nullable(Id),
  actor_name: Nullable(Type.String({ description: 'Null for the program itself' })),
  created_at: Time,
})
export const StatusChangePage = PageOf(StatusChange)

export const Hold = Type.Object({
  id: Id,
  work_order_id: Id,
  reason: HoldReasonSchema,
  note: Nullable(Type.String()),
  started_by: Nullable(Id),
  started_at: Time,
  ended_at: Nullable(Time),
  duration_ms: Nullable(Type.Integer({ description: 'Null while it lasts' })),
})
export const HoldPage = PageOf(Hold)

export const HistoryQuery = Strict({
  ...numberedPageQuery,
  sort: Type.Optional(
    Type.Enum(['created_at', '-created_at'], { description: 'The oldest first without it' }),
  ),
})

export type StatusChange = Static<typeof StatusChange>
export type Hold = Static<typeof Hold>
export type HistoryQuery = Static<typeof HistoryQuery>
