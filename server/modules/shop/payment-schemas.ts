import { type Static, Type } from 'typebox'
import {
  Id,
  Line,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'

export const paymentMethods = ['transfer', 'cod', 'qris', 'other'] as const

export const paymentStates = ['pending', 'confirmed', 'rejected'] as const

const Amount = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER })

export const PaymentBody = Strict({
  method: Type.Enum([...paymentMethods]),
  amount: Amount,
  reference: Type.Optional(Nullable(Line(200))),
  note: Type.Optional(Nullable(Prose(500))),
})
/** May be left out: a request without a body comes as null. */
export const RejectBody = Nullable(Strict({ reason: Type.Optional(Nullable(Prose(500))) }))
export const Payment = Type.Object({
  id: Id,
  order_id: Id,
  method: Type.Enum([...paymentMethods]),
  amount: Amount,
  reference: Nullable(Type.String()),
  note: Nullable(Type.String()),
  proof_file_id: Nullable(Id),
  state: Type.Enum([...paymentStates]),
  reject_reason: Nullable(Type.String()),
  recorded_by: Id,
  decided_by: Nullable(Id),
  decided_at: Nullable(Time),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const PaymentPage = PageOf(Payment)
export const OrderPaymentQuery = Strict(numberedPageQuery)
export const PaymentQuery = Strict({
  ...numberedPageQuery,
  state: Type.Optional(Type.Enum([...paymentStates])),
})

export type Payment = Static<typeof Payment>
export type PaymentBody = Static<typeof PaymentBody>
export type PaymentQuery = Static<typeof PaymentQuery>
