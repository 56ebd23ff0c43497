import { type Static, Type } from 'typebox'
import { Id, Nullable, numberedPageQuery, PageOf, Strict, Time } from '#platform/http/schemas'
import { timeActions, timeStates } from './time-rules.ts'
import { endCauses } from './work-sessions.ts'

const Milliseconds = Type.Integer({
  minimum: 0,
  description: 'Milliseconds; what runs counts as far as it has come',
})

export const OperatorTime = Type.Object({
  operator_id: Id,
  state: Type.Enum([...timeStates]),
  worked_ms: Milliseconds,
  running_since: Nullable(Time),
})
export const MyTime = Type.Object({
  work_order_id: Id,
  ...OperatorTime.properties,
  allowed_actions: Type.Array(Type.Enum([...timeActions])),
})
export const OrderTime = Type.Object({
  work_order_id: Id,
  worked_ms: Milliseconds,
  operators: Type.Array(OperatorTime),
})
export const CurrentWork = Type.Object({
  data: Type.Array(
    Type.Object({
      work_order_id: Id,
      number: Type.String(),
      product_name: Type.String(),
      running_since: Time,
      running_ms: Milliseconds,
    }),
  ),
})
export const WorkSession = Type.Object({
  id: Id,
  work_order_id: Id,
  operator_id: Id,
  started_at: Time,
  ended_at: Nullable(Time),
  end_cause: Nullable(Type.Enum([...endCauses])),
})
export const WorkSessionPage = PageOf(WorkSession)
export const WorkSessionQuery = Strict({ ...numberedPageQuery, operator_id: Type.Optional(Id) })

export type OperatorTime = Static<typeof OperatorTime>
export type MyTime = Static<typeof MyTime>
export type OrderTime = Static<typeof OrderTime>
export type CurrentWork = Static<typeof CurrentWork>
export type WorkSession = Static<typeof WorkSession>
export type WorkSessionQuery = Static<typeof WorkSessionQuery>
