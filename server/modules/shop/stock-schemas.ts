import { type Static, Type } from 'typebox'
import {
  BusinessDay,
  Id,
  Line,
  Nullable,
  numberedPageQuery,
  PageOf,
  Strict,
  Time,
} from '#platform/http/schemas'

/** Everything that moves stock (S7). */
export const stockEntryKinds = ['receipt', 'sale', 'release', 'adjustment', 'production', 'scrap'] as const
export type StockEntryKind = (typeof stockEntryKinds)[number]

/** What people move by hand. */
const moveKinds = ['receipt', 'adjustment', 'scrap'] as const

const MOST = 1_000_000_000

export const StockMoveBody = Strict({
  kind: Type.Enum([...moveKinds]),
  quantity: Type.Integer({
    minimum: -MOST,
    maximum: MOST,
    description:
      'How many came in or were thrown away; of an adjustment the difference, below zero for fewer',
  }),
  reason: Line(500),
  reference: Type.Optional(Nullable(Line(200, 'What it says on the paper that came with it'))),
})
export const StockEntry = Type.Object({
  id: Id,
  product_id: Id,
  kind: Type.Enum([...stockEntryKinds]),
  quantity: Type.Integer({ description: 'Above zero into the stock, below zero out of it' }),
  balance: Nullable(Type.Integer({ description: 'The stock after it; null in entries of older versions' })),
  reason: Nullable(Type.String()),
  reference: Nullable(Type.String()),
  order_id: Nullable(Id),
  work_order_id: Nullable(Id),
  actor_id: Nullable(Id),
  created_at: Time,
})
export const StockEntryPage = PageOf(StockEntry)
export const stockEntrySorts = ['created_at', '-created_at'] as const

export const StockEntryQuery = Strict({
  ...numberedPageQuery,
  kind: Type.Optional(Type.Enum([...stockEntryKinds])),
  from: Type.Optional(BusinessDay),
  to: Type.Optional(BusinessDay),
  sort: Type.Optional(Type.Enum([...stockEntrySorts])),
})

export type StockMoveBody = Static<typeof StockMoveBody>
export type StockEntry = Static<typeof StockEntry>
export type StockEntryQuery = Static<typeof StockEntryQuery>
