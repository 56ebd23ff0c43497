import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { shopEventTypes } from './event-types.ts'
import { NOBODYS_ID } from './test-shop.ts'

const at = '2026-11-21T03:00:00.000Z'
/** As they were announced before orders could wait for what is not there. */
const product = {
  id: NOBODYS_ID,
  name: 'Kopi',
  price: 100,
  stock: 1,
  on_hand: 1,
  available: 1,
  low_stock_at: null,
  category_id: NOBODYS_ID,
  images: [],
  img: null,
  description: null,
  sku: null,
  active: true,
  version: 1,
  created_at: at,
  updated_at: at,
}
const order = {
  id: NOBODYS_ID,
  order_id: NOBODYS_ID,
  number: 'ORD-20261121-ABCD1234',
  user_id: NOBODYS_ID,
  user_email: 'siti@karya.test',
  customer_name: null,
  placed_by: null,
  status: 'pending_payment',
  subtotal: 100,
  tax_rate_basis_points: 0,
  tax_inclusive: false,
  tax_amount: 0,
  shipping_fee: 0,
  total_price: 100,
  amount_paid: 0,
  paid_at: null,
  pays_on_delivery: false,
  hold_until: null,
  products: [{ product_id: NOBODYS_ID, sku: null, name: 'Kopi', price: 100, quantity: 1, subtotal: 100 }],
  shipping_address: null,
  phone: null,
  note: null,
  cancel_reason: null,
  version: 1,
  created_at: at,
  updated_at: at,
}

function audienceOf(type: string, data: object) {
  return shopEventTypes.find((each) => each.type === type)?.audienceOf(data)
}

describe('events of an earlier version in the log', () => {
  it('E3 E4 concern the same people as before', () => {
    assert.deepEqual(audienceOf('order_created', order), {
      permission: 'transactions:read_any',
      userIds: [NOBODYS_ID],
    })
    assert.deepEqual(audienceOf('order_paid', { ...order, previous_status: 'pending_payment' }), {
      permission: 'transactions:read_any',
      userIds: [NOBODYS_ID],
    })
    assert.deepEqual(audienceOf('product.created', product), { permission: 'events:stream' })
    assert.equal(audienceOf('order_created', { ...order, products: [{ name: 'Kopi' }] }), null)
  })
})
