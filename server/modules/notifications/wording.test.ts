import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { escapeHtml, formatRupiah, oneLine } from '#platform/wording'
import { writeOrderConfirmation } from './order-confirmation.ts'

const order = {
  number: 'ORD-20261121-ABCDEFGH',
  placedAt: new Date('2026-11-21T09:00:00Z'),
  totalMinor: 1_396_500,
  addedTaxMinor: 137_500,
  shippingMinor: 9_000,
  lines: [
    { name: 'Kopi Gayo', quantity: 10, priceMinor: 100_000, subtotalMinor: 1_000_000 },
    {
      name: '<script>alert("x")</script> & \'co\'\r\nTotal: IDR 1',
      quantity: 1,
      priceMinor: 250_000,
      subtotalMinor: 250_000,
    },
  ],
}
const zone = 'Asia/Jakarta'

describe('the words of a confirmation', () => {
  it('S6 writes rupiah as each language does', () => {
    assert.deepEqual(
      [0, 999, 10_000, 9_007_199_254_740_991].map((amount) => [
        formatRupiah(amount, 'id'),
        formatRupiah(amount, 'en'),
      ]),
      [
        ['Rp 0', 'IDR 0'],
        ['Rp 999', 'IDR 999'],
        ['Rp 10.000', 'IDR 10,000'],
        ['Rp 9.007.199.254.740.991', 'IDR 9,007,199,254,740,991'],
      ],
    )
  })

  it('S6 speaks either language, with number, lines, quantities, tax, shipping and total in both forms', () => {
    const cases = [
      [
        'en',
        'Your order',
        'Thank you',
        'IDR 1,000,000',
        'Shipping: IDR 9,000 Total: IDR 1,396,500',
        '21 November 2026',
      ],
      [
        'id',
        'Pesanan Anda',
        'Terima kasih',
        'Rp 1.000.000',
        'Ongkos kirim: Rp 9.000 Total: Rp 1.396.500',
        '21 November 2026',
      ],
    ] as const
    for (const [language, title, thanks, subtotal, total, day] of cases) {
      const letter = writeOrderConfirmation(order, { language, zone })
      assert.equal(letter.title, `${title} ${order.number}`)
      for (const form of [letter.text, letter.html]) {
        for (const words of [order.number, thanks, 'Kopi Gayo', subtotal, day, '10', '137'])
          assert.ok(form.includes(words), `${words} in ${form}`)
      }
      assert.ok(letter.text.includes(`10 × Kopi Gayo`))
      assert.ok(letter.text.replaceAll('\n', ' ').includes(total), letter.text)
      assert.ok(letter.html.includes(`lang="${language}"`))
    }
  })

  it('S6 lets no product name become markup or a line of its own', () => {
    const { text, html } = writeOrderConfirmation(order, { language: 'en', zone })
    assert.ok(!html.includes('<script'))
    assert.ok(html.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;co&#39;'))
    assert.equal(text.split('\n').filter((line) => line.startsWith('Total:')).length, 1)
    assert.doesNotMatch(text, /\r/)
    assert.doesNotMatch(html, /<img|<link|<style|https?:|src=|url\(/i)
  })

  it('S6 takes what hides or turns text out of names, and leaves letters and emoji alone', () => {
    assert.equal(oneLine('  a\u0000b\tc\u2028d\n '), 'a b c d')
    assert.equal(oneLine('gnp.\u202eexe\u2066'), 'gnp.exe')
    assert.equal(oneLine('Kopi ☕ 👩‍🌾 é 日本'), 'Kopi ☕ 👩‍🌾 é 日本')
    assert.equal(escapeHtml('a<b>&"\''), 'a&lt;b&gt;&amp;&quot;&#39;')
  })
})
