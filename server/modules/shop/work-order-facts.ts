import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { EventEnvelope } from '#platform/events/envelope'
import { Nullable } from '#platform/http/schemas'
import type { SupplyRow } from './supplies.ts'

const Moment = Type.String({ format: 'date-time' })

/** What is needed here of a work order, as its events tell of it. */
const WorkOrderFacts = Type.Object({
  work_order_id: Type.String(),
  product_id: Nullable(Type.String()),
  number: Type.String(),
  origin: Type.String(),
  status: Type.String(),
  quantity: Type.Integer(),
  produced: Type.Integer(),
  deadline: Moment,
  expected_at: Nullable(Moment),
  hold: Nullable(Type.Object({ reason: Type.String(), note: Nullable(Type.String()), since: Moment })),
  output: Type.Optional(
    Type.Object({
      kind: Type.String(),
      quantity: Type.Integer(),
      materials: Type.Array(Type.Object({ product_id: Type.String(), quantity: Type.Integer() })),
    }),
  ),
})
export type WorkOrderFacts = Static<typeof WorkOrderFacts>

const facts = Compile(WorkOrderFacts)

/** Throws on an event that does not tell of a work order, so that it is parked for somebody to look at. */
export function readWorkOrder({ id, type, data }: EventEnvelope): WorkOrderFacts {
  if (!facts.Check(data)) throw new TypeError(`the event ${id} of type ${type} does not tell of a work order`)
  return data
}

/** What is mended goes back to whose it is, and comes into no stock. */
export function isMadeForShop({ origin }: WorkOrderFacts): boolean {
  return origin !== 'rework'
}

type Told = Pick<EventEnvelope, 'time' | 'recordversion'>

/** What the order is to bring of a product; nothing any more where it makes another one now. */
export function toSupply(
  order: WorkOrderFacts,
  { time, recordversion: version }: Told,
  productId: string,
): SupplyRow {
  return {
    id: order.work_order_id,
    product_id: productId,
    number: order.number,
    status: order.product_id === productId ? order.status : 'cancelled',
    quantity: order.quantity,
    good: order.produced,
    expected_at: order.expected_at === null ? null : new Date(order.expected_at),
    deadline_at: new Date(order.deadline),
    hold_reason: order.hold?.reason ?? null,
    hold_note: order.hold?.note ?? null,
    held_at: order.hold === null ? null : new Date(order.hold.since),
    as_of_at: new Date(time),
    version,
  }
}
