import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { engines, onEach } from '#tests/backends'
import { amountsShown, writeInvoice } from './invoice-page.ts'
import { amountsOf, taxModes } from './order-amounts.ts'
import type { Order } from './order-schemas.ts'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const EVIL = '<script>alert("x")</script> & \'co\''

function orderWith(fields: Partial<Order>): Order {
  return {
    id: NOBODYS_ID,
    number: 'ORD-20261121-ABCDEFGH',
    user_id: NOBODYS_ID,
    user_email: 'siti@karya.test',
    customer_name: null,
    placed_by: null,
    status: 'pending_payment',
    subtotal: 0,
    tax_rate_basis_points: 0,
    tax_inclusive: false,
    tax_amount: 0,
    shipping_fee: 0,
    total_price: 0,
    amount_paid: 0,
    paid_at: null,
    pays_on_delivery: false,
    hold_until: null,
    products: [],
    shipping_address: null,
    phone: null,
    note: null,
    cancel_reason: null,
    version: 1,
    created_at: '2026-11-21T18:30:00.000Z',
    updated_at: '2026-11-21T18:30:00.000Z',
    ...fields,
  }
}

const shop = { name: null, address: null }
const zone = 'Asia/Jakarta'

/** The numbers in a column of the page, as a reader adds them up. */
function numbersIn(page: string, name: string): number[] {
  const rows = page.matchAll(new RegExp(`<tr class="${name}">(.*?)</tr>`, 'g'))
  return Array.from(rows, ([, row = '']) => Number(row.slice(row.lastIndexOf('<td>')).replaceAll(/\D/g, '')))
}

describe('an invoice', () => {
  it('S4 shows amounts that sum to the total that it shows, with inclusive and exclusive tax', () => {
    const line = fc.record({ price: fc.nat(1_000_000), quantity: fc.integer({ min: 1, max: 100 }) })
    const rules = fc.record({
      shippingFeeMinor: fc.nat(100_000),
      freeShippingFromMinor: fc.option(fc.nat(10_000_000)),
      taxBasisPoints: fc.integer({ min: 0, max: 10_000 }),
      taxMode: fc.constantFrom(...taxModes),
    })
    const languages = fc.constantFrom('en', 'id')
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), rules, languages, (lines, rule, language) => {
        const products = lines.map(({ price, quantity }) => ({
          product_id: NOBODYS_ID,
          sku: null,
          name: 'Kopi',
          price,
          quantity,
          subtotal: price * quantity,
          waiting: 0,
          promised_on: null,
        }))
        const sum = products.reduce((total, { subtotal }) => total + subtotal, 0)
        const amounts = amountsOf(sum, rule)
        const order = orderWith({
          products,
          subtotal: sum,
          tax_rate_basis_points: amounts.taxBasisPoints,
          tax_inclusive: amounts.taxMode === 'inclusive',
          tax_amount: amounts.taxMinor,
          shipping_fee: amounts.shippingMinor,
          total_price: amounts.totalMinor,
        })
        const shown = amountsShown(order)
        const counted = shown.filter(({ counts }) => counts).reduce((total, { amount }) => total + amount, 0)
        assert.equal(counted, amounts.totalMinor)
        const page = writeInvoice({ order, customerName: null, shop, language, zone })
        const printed = ['subtotal', 'addedTax', 'shipping'].flatMap((name) => numbersIn(page, name))
        assert.deepEqual([printed.reduce((total, amount) => total + amount, 0)], numbersIn(page, 'total'))
        const taxed = rule.taxMode === 'inclusive' && rule.taxBasisPoints > 0
        assert.deepEqual(numbersIn(page, 'includedTax'), taxed ? [amounts.taxMinor] : [])
      }),
    )
  })

  it('F12 writes what others wrote as text, in the reader’s language and the business’s time', () => {
    const order = orderWith({
      products: [
        {
          product_id: NOBODYS_ID,
          sku: null,
          name: EVIL,
          price: 1,
          quantity: 1,
          subtotal: 1,
          waiting: 0,
          promised_on: null,
        },
      ],
      note: EVIL,
      phone: EVIL,
      customer_name: EVIL,
      shipping_address: {
        recipient: EVIL,
        phone: EVIL,
        lines: [EVIL],
        city: EVIL,
        province: EVIL,
        postal_code: EVIL,
        country: EVIL,
      },
      subtotal: 1_250_000,
      total_price: 1_250_000,
      amount_paid: 250_000,
    })
    const write = (language: 'en' | 'id') =>
      writeInvoice({ order, customerName: EVIL, shop: { name: EVIL, address: EVIL }, language, zone })
    const [english, indonesian] = [write('en'), write('id')]
    for (const page of [english, indonesian]) {
      assert.doesNotMatch(page, /<script|<img|<link| on\w+=| style=|javascript:|https?:/i)
      assert.ok(page.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;'))
    }
    assert.match(
      english,
      /<html lang="en">[^]*Invoice ORD-20261121-ABCDEFGH[^]*22 November 2026[^]*IDR 1,250,000/,
    )
    assert.match(indonesian, /<html lang="id">[^]*Faktur ORD-20261121-ABCDEFGH[^]*Rp 1\.250\.000/)
    assert.deepEqual(numbersIn(english, 'outstanding'), [1_000_000])
  })
})

onEach(engines, 'the page of an invoice', (backend) => {
  let karya: TestShop
  before(async () => {
    karya = await startTestShop(backend)
  })
  after(async () => await karya.stop())

  it('F12 S5 is HTML that runs nothing, for the owner and staff only', async () => {
    const { id: productId } = await karya.stockUp({ name: EVIL })
    const { id, number } = await karya.sell(productId)
    const url = `/api/v1/transactions/${id}/invoice`
    const { token } = karya.buyer
    const page = await karya.ask('GET', url, { token, headers: { 'accept-language': 'id' } })
    assert.equal(page.status, 200, page.text)
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    assert.equal(page.headers['cache-control'], 'private, no-store')
    const policy = String(page.headers['content-security-policy'])
    assert.match(policy, /^default-src 'none';style-src 'sha256-[\w+/]+=*';/)
    assert.doesNotMatch(policy, /script-src|unsafe/)
    assert.ok(page.text.includes(`Faktur ${number}`))
    assert.doesNotMatch(page.text, /<script/)
    const [staff, stranger] = [await karya.enrol('agent'), await karya.enrol()]
    assert.equal((await karya.ask('GET', url, { token: staff.token })).status, 200)
    const refused = await karya.ask('GET', url, { token: stranger.token })
    assert.deepEqual([refused.status, refused.body.code], [404, 'order_not_found'])
    assert.equal((await karya.ask('GET', url)).status, 401)
  })
})
