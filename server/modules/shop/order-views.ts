import { isOrderStatus, type OrderStatus } from './lifecycle.ts'
import type { OrderLineRow, OrderRow } from './order-queries.ts'
import type { Order, OrderLine, ShippingAddress } from './order-schemas.ts'

export function statusOf(row: Pick<OrderRow, 'id' | 'status'>): OrderStatus {
  if (!isOrderStatus(row.status))
    throw new TypeError(`the order ${row.id} has the unknown status ${row.status}`)
  return row.status
}

/** An order as it goes over the wire. One of the version before has no parts of its total but the lines. */
export function toOrder(row: OrderRow, lines: readonly OrderLineRow[]): Order {
  return {
    id: row.id,
    number: row.number,
    user_id: row.user_id,
    user_email: row.user_email,
    customer_name: row.customer_name,
    placed_by: row.placed_by,
    status: statusOf(row),
    subtotal: row.subtotal_minor ?? row.total_minor,
    tax_rate_basis_points: row.tax_basis_points ?? 0,
    tax_inclusive: row.tax_mode === 'inclusive',
    tax_amount: row.tax_minor ?? 0,
    shipping_fee: row.shipping_minor ?? 0,
    total_price: row.total_minor,
    amount_paid: row.paid_minor ?? 0,
    paid_at: row.paid_at?.toISOString() ?? null,
    pays_on_delivery: row.on_delivery_at !== null,
    hold_until: row.hold_until_at?.toISOString() ?? null,
    products: lines.map(toOrderLine),
    shipping_address: readAddress(row.shipping_address),
    phone: row.phone,
    note: row.note,
    cancel_reason: row.cancel_reason,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function readAddress(text: string | null): ShippingAddress | null {
  // Written by `writeAddress`, from what the schema let through.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return text === null ? null : (JSON.parse(text) as ShippingAddress)
}

function toOrderLine(row: OrderLineRow): OrderLine {
  return {
    product_id: row.product_id,
    sku: row.sku,
    name: row.name,
    price: row.price_minor,
    quantity: row.quantity,
    subtotal: row.price_minor * row.quantity,
    waiting: row.waiting ?? 0,
    promised_on: row.promised_on,
  }
}
