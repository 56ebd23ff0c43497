import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '#platform/errors'
import { priceLines, subtotalOf, toWantedLines } from './pricing.ts'

const MAX = Number.MAX_SAFE_INTEGER
const productId = fc.constantFrom('a', 'b', 'c', 'd')
/** A hundred of them are no more than one may be. */
const quantity = fc.integer({ min: 1, max: 10_000_000 })
const line = fc.record({ productId, quantity })

function offer(id: string, price: number, stock: number) {
  return { id, sku: null, name: `Product ${id}`, price_minor: price, stock, stock_policy: null }
}

function refusal(work: () => unknown): AppError {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof AppError, String(error))
    return error
  }
  throw new assert.AssertionError({ message: 'nothing was refused' })
}

describe('the lines that are wanted', () => {
  it('S4 reads both spellings alike, and both at once when they agree', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 20 }), (lines) => {
        const short = lines.map((wanted) => ({ id: wanted.productId, qty: wanted.quantity }))
        const long = lines.map((wanted) => ({ product_id: wanted.productId, quantity: wanted.quantity }))
        const both = short.map((one, index) => ({ ...one, ...long[index] }))
        assert.deepEqual(toWantedLines(short), toWantedLines(long))
        assert.deepEqual(toWantedLines(both), toWantedLines(long))
      }),
    )
  })

  it('S4 names each product once, in the order of first mention, and loses no piece', () => {
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 100 }), (lines) => {
        const wanted = toWantedLines(lines.map(({ productId: id, quantity: qty }) => ({ id, qty })))
        assert.deepEqual(
          wanted.map(({ productId: id }) => id),
          [...new Set(lines.map(({ productId: id }) => id))],
        )
        for (const { productId: id, quantity: merged } of wanted) {
          const pieces = lines.filter((one) => one.productId === id).map((one) => one.quantity)
          assert.equal(
            merged,
            pieces.reduce((sum, piece) => sum + piece, 0),
          )
        }
      }),
    )
  })

  it('S4 points at the line that lacks a product or a quantity, or names two', () => {
    const good = { id: 'a', qty: 1 }
    const pointerOf = (bad: object) => refusal(() => toWantedLines([good, bad])).fields[0]
    assert.deepEqual(
      [{ qty: 1 }, { id: 'a' }, { id: 'a', product_id: 'b', qty: 1 }, { id: 'a', qty: 1, quantity: 2 }]
        .map(pointerOf)
        .map((field) => [field?.pointer, field?.code]),
      [
        ['/products/1/product_id', 'required'],
        ['/products/1/quantity', 'required'],
        ['/products/1/product_id', 'invalid'],
        ['/products/1/quantity', 'invalid'],
      ],
    )
  })

  it('S4 takes no more of one product in several lines than in one, and points at the line that is too many', () => {
    const lines = [
      { id: 'a', qty: 999_999_999 },
      { id: 'b', qty: 1_000_000_000 },
      { id: 'a', qty: 1 },
    ]
    assert.deepEqual(toWantedLines(lines), [
      { productId: 'a', quantity: 1_000_000_000 },
      { productId: 'b', quantity: 1_000_000_000 },
    ])
    const { kind, fields } = refusal(() => toWantedLines([...lines, { id: 'a', qty: 1 }]))
    assert.deepEqual(
      [kind, ...fields.map(({ pointer, code }) => [pointer, code])],
      ['invalid', ['/products/3/quantity', 'maximum']],
    )
  })
})

describe('the price of an order', () => {
  it('S4 is the exact sum of price times quantity, or is refused as too large', () => {
    const priced = fc.uniqueArray(
      fc.record({ id: fc.uuid(), price: fc.nat(MAX), quantity: fc.integer({ min: 1, max: 1_000_000_000 }) }),
      { minLength: 1, maxLength: 10, selector: ({ id }) => id },
    )
    const affordable = fc.uniqueArray(
      fc.record({ id: fc.uuid(), price: fc.nat(1_000_000), quantity: fc.integer({ min: 1, max: 100_000 }) }),
      { minLength: 1, maxLength: 10, selector: ({ id }) => id },
    )
    fc.assert(
      fc.property(fc.oneof(priced, affordable), (lines) => {
        const exact = lines.reduce((sum, one) => sum + BigInt(one.price) * BigInt(one.quantity), 0n)
        const wanted = lines.map((one) => ({ productId: one.id, quantity: one.quantity }))
        const offers = lines.map((one) => offer(one.id, one.price, 1_000_000_000))
        const price = () => subtotalOf(priceLines(wanted, offers))
        if (exact <= BigInt(MAX)) assert.equal(BigInt(price()), exact)
        else assert.equal(refusal(price).fields[0]?.code, 'too_large')
      }),
    )
  })

  it('S4 takes 2^53 - 1 and refuses one more, in one line and in the sum of lines', () => {
    const lines = (...prices: number[]) =>
      priceLines(
        prices.map((_, index) => ({ productId: String(index), quantity: 1 })),
        prices.map((price, index) => offer(String(index), price, 1)),
      )
    assert.equal(subtotalOf(lines(MAX)), MAX)
    assert.equal(subtotalOf(lines(MAX - 1, 1)), MAX)
    assert.equal(refusal(() => subtotalOf(lines(MAX, 1))).fields[0]?.pointer, '/products')
    const twice = () => priceLines([{ productId: 'a', quantity: 2 }], [offer('a', MAX, 2)])
    assert.equal(refusal(twice).fields[0]?.pointer, '/products/0/quantity')
  })

  it('S4 refuses exactly the lines that the stock cannot serve', () => {
    const stocked = fc.uniqueArray(
      fc.record({ id: fc.uuid(), stock: fc.nat(20), quantity: fc.integer({ min: 1, max: 20 }) }),
      { minLength: 1, maxLength: 8, selector: ({ id }) => id },
    )
    fc.assert(
      fc.property(stocked, (lines) => {
        const wanted = lines.map((one) => ({ productId: one.id, quantity: one.quantity }))
        const price = () => priceLines(wanted, lines.map((one) => offer(one.id, 1, one.stock)).toReversed())
        const short = lines.filter((one) => one.quantity > one.stock)
        if (short.length === 0) {
          assert.deepEqual(
            price().map((one) => [one.productId, one.quantity]),
            wanted.map((one) => [one.productId, one.quantity]),
          )
          return
        }
        const { code, details } = refusal(price)
        assert.equal(code, 'insufficient_stock')
        assert.deepEqual(details, {
          available: short.map((one) => ({
            product_id: one.id,
            requested: one.quantity,
            available: one.stock,
          })),
        })
      }),
    )
  })

  it('S4 names the products that are not there before it counts any stock', () => {
    const wanted = ['a', 'b', 'c'].map((id) => ({ productId: id, quantity: 9 }))
    const { code, details } = refusal(() => priceLines(wanted, [offer('b', 1, 0)]))
    assert.deepEqual([code, details], ['product_not_found', { product_ids: ['a', 'c'] }])
  })
})
