import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { addDays, createBusinessDays } from './business-days.ts'

const zones = ['Asia/Jakarta', 'UTC', 'America/Sao_Paulo', 'Africa/Cairo', 'Pacific/Apia', 'Asia/Kolkata']
const HALF_HOUR_MS = 1_800_000

describe('business days', () => {
  it('begin at midnight of the zone', () => {
    const { dayOf, startOf } = createBusinessDays('Asia/Jakarta')
    assert.equal(startOf('2026-11-21').toISOString(), '2026-11-20T17:00:00.000Z')
    assert.equal(dayOf(new Date('2026-11-20T16:59:59.999Z')), '2026-11-20')
    assert.equal(dayOf(new Date('2026-11-20T17:00:00.000Z')), '2026-11-21')
  })

  it('begin when the clocks jump over midnight, and once where midnight comes twice', () => {
    const { startOf } = createBusinessDays('America/Sao_Paulo')
    assert.equal(startOf('2018-11-04').toISOString(), '2018-11-04T03:00:00.000Z')
    assert.equal(startOf('2018-02-18').toISOString(), '2018-02-18T03:00:00.000Z')
  })

  it('follow one another without a gap in every zone', () => {
    const day = fc.date({ min: new Date('1990-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(fc.constantFrom(...zones), day, (zone, time) => {
        const { dayOf, startOf } = createBusinessDays(zone)
        const name = dayOf(time)
        const start = startOf(name)
        assert.ok(start <= time, `${zone} ${name}`)
        assert.equal(dayOf(start), name, `${zone} ${name}`)
        assert.ok(dayOf(new Date(start.getTime() - 1)) < name, `${zone} ${name}`)
        assert.ok(
          startOf(addDays(name, 1)).getTime() - start.getTime() >= 44 * HALF_HOUR_MS ||
            zone === 'Pacific/Apia',
        )
      }),
      { numRuns: 2_000 },
    )
  })

  it('are as far from those of UTC at every fraction of a second', () => {
    const { offsetMs } = createBusinessDays('Asia/Jakarta')
    for (const ms of [0, 1, 250, 999])
      assert.equal(offsetMs(new Date(Date.parse('2026-11-21T02:30:00Z') + ms)), 7 * 3_600_000)
    assert.equal(offsetMs(new Date('1969-12-31T23:59:59.999Z')), 7 * 3_600_000)
  })

  it('are counted over the ends of months and years', () => {
    assert.equal(addDays('2024-02-28', 1), '2024-02-29')
    assert.equal(addDays('2026-12-31', 1), '2027-01-01')
    assert.equal(addDays('2026-03-01', -1), '2026-02-28')
  })
})
