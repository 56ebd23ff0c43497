import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { AppError } from '#platform/errors'
import { type Amounts, agreeOnTotal, amountsOf, type PriceRules, taxModes, taxOf } from './order-amounts.ts'

const MAX = Number.MAX_SAFE_INTEGER
const rules: fc.Arbitrary<PriceRules> = fc.record({
  shippingFeeMinor: fc.nat(1_000_000),
  freeShippingFromMinor: fc.option(fc.nat(10_000_000)),
  taxBasisPoints: fc.integer({ min: 0, max: 10_000 }),
  taxMode: fc.constantFrom(...taxModes),
})
const subtotal = fc.oneof(fc.nat(20_000_000), fc.integer({ min: 0, max: MAX }))
const FREE: PriceRules = {
  shippingFeeMinor: 0,
  freeShippingFromMinor: null,
  taxBasisPoints: 0,
  taxMode: 'exclusive',
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

describe('the amounts of an order', () => {
  it('S4 costs what its lines cost where nothing is set', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX }), (lines) => {
        const { totalMinor, taxMinor, shippingMinor } = amountsOf(lines, FREE)
        assert.deepEqual([totalMinor, taxMinor, shippingMinor], [lines, 0, 0])
      }),
    )
  })

  it('S4 sums to its total: lines, tax that they do not include, and shipping', () => {
    fc.assert(
      fc.property(fc.nat(20_000_000), rules, fc.option(fc.nat(100_000)), (lines, rule, given) => {
        const amounts = amountsOf(lines, rule, given ?? undefined)
        const added = rule.taxMode === 'exclusive' ? amounts.taxMinor : 0
        assert.equal(amounts.totalMinor, lines + added + amounts.shippingMinor)
        assert.equal(amounts.subtotalMinor, lines)
      }),
    )
  })

  it('S4 reckons the tax once for the whole order and rounds it half up, however large it is', () => {
    fc.assert(
      fc.property(subtotal, rules, (lines, rule) => {
        const rate = BigInt(rule.taxBasisPoints)
        const whole = rule.taxMode === 'exclusive' ? 10_000n : 10_000n + rate
        const tax = BigInt(taxOf(lines, rule))
        // The exact tax is lines × rate / whole; half up means: exact - 1/2 < tax ≤ exact + 1/2.
        const [doubled, exact] = [2n * whole * tax, 2n * BigInt(lines) * rate]
        assert.ok(doubled > exact - whole && doubled <= exact + whole, `${tax} of ${lines} at ${rate}`)
      }),
    )
    const at = (taxBasisPoints: number, taxMode: (typeof taxModes)[number]) => (lines: number) =>
      taxOf(lines, { taxBasisPoints, taxMode })
    assert.deepEqual([4, 5, 14, 15, 1_000].map(at(1_000, 'exclusive')), [0, 1, 1, 2, 100])
    assert.deepEqual([111, 1_110, 100, 0].map(at(1_100, 'inclusive')), [11, 110, 10, 0])
  })

  it('S4 leaves of inclusive prices, without the tax, what the tax was reckoned on', () => {
    fc.assert(
      fc.property(fc.nat(20_000_000), fc.integer({ min: 0, max: 10_000 }), (lines, taxBasisPoints) => {
        const tax = taxOf(lines, { taxBasisPoints, taxMode: 'inclusive' })
        assert.ok(tax >= 0 && tax <= lines)
        const again = taxOf(lines - tax, { taxBasisPoints, taxMode: 'exclusive' })
        assert.ok(Math.abs(again - tax) <= 1)
      }),
    )
  })

  it('S4 sends for nothing from the amount that is set, unless staff gave a fee', () => {
    const rule = { ...FREE, shippingFeeMinor: 9_000, freeShippingFromMinor: 100_000 }
    const feeOf = (lines: number, given?: number) => amountsOf(lines, rule, given).shippingMinor
    assert.deepEqual([feeOf(0), feeOf(99_999), feeOf(100_000)], [9_000, 9_000, 0])
    assert.deepEqual([feeOf(1, 0), feeOf(100_000, 5)], [0, 5])
  })

  it('S4 refuses a total beyond 2^53 - 1 and takes that very one', () => {
    const rule: PriceRules = { ...FREE, shippingFeeMinor: 1 }
    assert.equal(amountsOf(MAX - 1, rule).totalMinor, MAX)
    assert.equal(refusal(() => amountsOf(MAX, rule)).fields[0]?.code, 'too_large')
    const taxed: PriceRules = { ...FREE, taxBasisPoints: 10_000 }
    assert.equal(refusal(() => amountsOf(MAX, taxed)).fields[0]?.code, 'too_large')
    assert.equal(amountsOf(MAX, { ...taxed, taxMode: 'inclusive' }).totalMinor, MAX)
  })

  it('S4 agrees with the client that saw the right total, and tells any other the right one', () => {
    const lines = [
      { productId: 'a', sku: null, name: 'A', priceMinor: 15_000, quantity: 3, subtotalMinor: 45_000 },
    ]
    const amounts: Amounts = amountsOf(45_000, { ...FREE, shippingFeeMinor: 9_000, taxBasisPoints: 1_100 })
    assert.equal(amounts.totalMinor, 45_000 + 4_950 + 9_000)
    agreeOnTotal(amounts, { lines, seenByClient: undefined })
    agreeOnTotal(amounts, { lines, seenByClient: 58_950 })
    fc.assert(
      fc.property(
        fc.nat().filter((seen) => seen !== 58_950),
        (seenByClient) => {
          const { code, details } = refusal(() => agreeOnTotal(amounts, { lines, seenByClient }))
          assert.equal(code, 'price_changed')
          assert.deepEqual(details, {
            total_price: 58_950,
            subtotal: 45_000,
            tax_amount: 4_950,
            tax_inclusive: false,
            shipping_fee: 9_000,
            prices: [{ product_id: 'a', price: 15_000 }],
          })
        },
      ),
    )
  })
})
