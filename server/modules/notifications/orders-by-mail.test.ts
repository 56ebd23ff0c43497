import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestOrders, type TestOrders } from './test-orders.ts'

onEach(engines, 'order mails as files', (backend) => {
  let shop: TestOrders
  before(async () => {
    shop = await startTestOrders(backend)
  })
  after(async () => await shop.stop())

  it('S6 confirms an order placed over HTTP by one mail in the data folder and a row in the inbox', async () => {
    const order = await shop.sell({ name: 'Kopi Gayo', price: 15_000, quantity: 3 })
    const [delivery] = await eventually(
      async () => await shop.deliveries('state=sent'),
      (found) => found.length === 1,
    )
    assert.equal(delivery?.recipient, shop.buyer.email)
    const [mail, ...others] = await shop.files()
    assert.deepEqual(others, [])
    assert.equal(mail?.headers.get('to'), shop.buyer.email)
    assert.match(mail?.headers.get('subject') ?? '', new RegExp(order.number))
    assert.match(mail?.text ?? '', /3 × Kopi Gayo \(IDR 15,000\): IDR 45,000/)
    assert.match(mail?.text ?? '', /Total: IDR 45,000/)
    const { data, unread } = await shop.inboxOf(shop.buyer)
    assert.deepEqual(
      data.map(({ kind, subject }) => [kind, subject]),
      [['order_created', `order/${order.id}`]],
    )
    assert.equal(unread, 1)
  })
})
