import { type Static, Type } from 'typebox'
import { Id, Money, Nullable, Time } from '#platform/http/schemas'
import { OrderStatusSchema } from './order-schemas.ts'

/** What an order can wait for. */
export const waitReasons = ['payment', 'units', 'staff', 'delivery'] as const
export type WaitReason = (typeof waitReasons)[number]

const MakingOrder = Type.Object({
  id: Id,
  number: Type.String(),
  status: Type.String(),
  quantity: Type.Integer(),
  good: Type.Integer({ description: 'Good ones so far' }),
  remaining: Type.Integer(),
  expected_at: Nullable(Time),
  hold: Nullable(
    Type.Object({
      reason: Type.String(),
      note: Nullable(Type.String({ description: 'For `transactions:read_any` only' })),
      since: Nullable(Time),
    }),
  ),
})
export const WaitingLineReason = Type.Object({
  product_id: Id,
  name: Type.String(),
  quantity: Type.Integer(),
  waiting: Type.Integer({ description: 'Units that are still to come' }),
  ahead: Type.Integer({ description: 'Units of the product that others wait for longer' }),
  promised_on: Nullable(Type.String({ description: 'The business day by which the last one is expected' })),
  work_orders: Type.Array(MakingOrder, { description: 'All that make the product, the next one first' }),
  text: Type.String(),
})

/** Why an order is not with its buyer yet. It comes of several records, so that it has no version. */
export const Why = Type.Object({
  transaction_id: Id,
  number: Type.String(),
  status: OrderStatusSchema,
  waits_for: Type.Array(Type.Enum([...waitReasons]), { description: 'The first one first; none at the end' }),
  payment: Nullable(Type.Object({ outstanding: Money, hold_until: Nullable(Time) })),
  lines: Type.Array(WaitingLineReason, { description: 'Those that wait for units' }),
  promised_on: Nullable(
    Type.String({ description: 'By when all of it is there; null where nobody knows, or nothing waits' }),
  ),
  text: Type.String({ description: 'All of it in words, in the language of the request' }),
})

export type Why = Static<typeof Why>
export type WaitingLineReason = Static<typeof WaitingLineReason>
export type MakingOrder = Static<typeof MakingOrder>
