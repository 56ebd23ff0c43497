import assert from 'node:assert/strict'
import { after, afterEach, before, it } from 'node:test'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type MailSink, startMailSink } from '#tests/mail-sink'
import type { Delivery, DeliveryState } from './schemas.ts'
import { startTestOrders, type TestOrders } from './test-orders.ts'

const BASE = '/api/v1/deliveries'

onEach(engines, 'order mails by SMTP', (backend) => {
  let sink: MailSink
  let shop: TestOrders
  before(async () => {
    sink = await startMailSink()
    shop = await startTestOrders(backend, {
      SMTP_URL: sink.url,
      MAIL_FROM: 'Toko <toko@shop.test>',
    })
  })
  after(async () => {
    await shop.stop()
    await sink.stop()
  })
  afterEach(() => sink.behave('accept'))

  type Order = { readonly number: string }
  const isAbout = ({ title }: Delivery, { number }: Order) => title.includes(number)
  const reached = async (
    order: Order,
    state: DeliveryState,
    isSo: (delivery: Delivery) => boolean = () => true,
  ) => {
    const found = await eventually(
      async () => (await shop.deliveries()).filter((delivery) => isAbout(delivery, order)),
      ([delivery]) => delivery !== undefined && delivery.state === state && isSo(delivery),
    )
    assert.equal(found.length, 1)
    return found[0] ?? assert.fail('there is no delivery')
  }
  const mailsOf = ({ number }: Order) =>
    sink.received.filter(({ message }) => message.headers.get('subject')?.includes(number))
  const retry = async (id: string, options = {}) =>
    await shop.ask('POST', `${BASE}/${id}/retry`, { token: shop.administrator.token, ...options })

  it('S6 sends one mail for an order, in the buyer’s language, to the buyer alone', async () => {
    const buyer = await shop.enrol()
    await shop.ask('PUT', '/api/v1/users/profile', { token: buyer.token, body: { locale: 'id' } })
    const order = await shop.sell({ by: buyer, name: '<b>Kopi</b> & "Teh"', price: 10_000, quantity: 2 })
    const delivery = await reached(order, 'sent')
    assert.deepEqual([delivery.attempts, delivery.recipient], [1, buyer.email])
    const [mail, ...more] = mailsOf(order)
    assert.deepEqual([more.length, mail?.to, mail?.from], [0, [buyer.email], 'toko@shop.test'])
    const { headers, text, html } = mail?.message ?? assert.fail('nothing came')
    assert.equal(headers.get('message-id'), `<${delivery.id}@shop.test>`)
    assert.equal(headers.get('subject'), `Pesanan Anda ${order.number}`)
    assert.match(text, /2 × <b>Kopi<\/b> & "Teh" \(Rp 10\.000\): Rp 20\.000/)
    assert.match(html, /&lt;b&gt;Kopi&lt;\/b&gt; &amp; &quot;Teh&quot;/)
    assert.doesNotMatch(html, /<b>/)
    assert.equal((await shop.inboxOf(buyer)).unread, 1)
  })

  it('S6 sends one mail each for many orders at once', async () => {
    const orders = await Promise.all(Array.from({ length: 8 }, () => shop.sell()))
    for (const order of orders) await reached(order, 'sent')
    assert.deepEqual(
      orders.map((order) => mailsOf(order).length),
      orders.map(() => 1),
    )
  })

  it('S6 tries again while the server refuses for now, and sends one', async () => {
    sink.behave({ refuse: 451, at: 'recipient' })
    const order = await shop.sell()
    const waiting = await reached(order, 'pending', ({ attempts }) => attempts > 0)
    assert.match(waiting.last_error ?? '', /451/)
    sink.behave('accept')
    const sent = await reached(order, 'sent')
    assert.deepEqual([sent.last_error, mailsOf(order).length], [null, 1])
  })

  it('S6 takes orders while the server is away, and sends when it is back', async () => {
    await sink.goAway()
    const order = await shop.sell()
    await reached(order, 'pending', ({ attempts }) => attempts > 0)
    assert.ok(
      (await shop.inboxOf(shop.buyer)).data.some(({ body }) => body.includes(order.number)),
      'the inbox does not wait for the mail',
    )
    await sink.comeBack()
    await reached(order, 'sent')
    assert.equal(mailsOf(order).length, 1)
  })

  it('S6 sends the very same message again when the server took it and could not say so', async () => {
    sink.behave('drop')
    const order = await shop.sell()
    await reached(order, 'pending', ({ attempts }) => attempts > 0)
    sink.behave('accept')
    await reached(order, 'sent')
    const ids = mailsOf(order).map(({ message }) => message.headers.get('message-id'))
    assert.ok(ids.length >= 2)
    assert.equal(new Set(ids).size, 1)
    assert.equal(new Set(mailsOf(order).map(({ message }) => message.raw)).size, 1)
  })

  it('S6 gives up what is refused for good, shows it, and tries again when asked', async () => {
    sink.behave({ refuse: 550, at: 'recipient' })
    const order = await shop.sell()
    const failed = await reached(order, 'failed')
    assert.match(failed.last_error ?? '', /550/)
    const listed = async (state: string) =>
      (await shop.deliveries(`state=${state}`)).filter((delivery) => isAbout(delivery, order)).length
    assert.deepEqual([await listed('failed'), await listed('sent')], [1, 0])

    const stale = await retry(failed.id, { headers: { 'if-match': '"77"' } })
    assert.deepEqual([stale.status, stale.body.current_version], [412, failed.version])
    sink.behave('accept')
    const answers = await Promise.all([retry(failed.id), retry(failed.id)])
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409])
    await reached(order, 'sent')
    assert.equal(mailsOf(order).length, 1)
    const again = await retry(failed.id)
    assert.deepEqual([again.status, again.body.code, again.body.state], [409, 'delivery_not_failed', 'sent'])
  })

  it('S6 shows deliveries to those who may see events, and no word of the letters', async () => {
    const { body } = await shop.ask('GET', `${BASE}?limit=2`, { token: shop.administrator.token })
    assert.deepEqual([body.data.length, body.page.has_more], [2, true])
    assert.ok(body.data.every((delivery: object) => !('text' in delivery) && !('html' in delivery)))
    const others = await Promise.all(['production_manager', 'agent', 'operator', 'customer'].map(shop.enrol))
    for (const { token } of others) {
      assert.equal((await shop.ask('GET', BASE, { token })).status, 403)
      assert.equal((await retry(systemIds.next(), { token })).status, 403)
    }
    assert.equal((await shop.ask('GET', BASE)).status, 401)
    assert.equal((await retry(systemIds.next())).status, 404)
    for (const wrong of ['state=lost', 'q=x', 'limit=0', 'cursor=x']) {
      const answer = await shop.ask('GET', `${BASE}?${wrong}`, { token: shop.administrator.token })
      assert.equal(answer.status, 400, wrong)
    }
  })
})
