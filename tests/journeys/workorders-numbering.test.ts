import assert from 'node:assert/strict'
import process from 'node:process'
import { it } from 'node:test'
import type { WorkOrderTables } from '#modules/workorders'
import { createBusinessDays } from '#platform/business-days'
import { type Backend, engines, onEach, type Place } from '#tests/backends'
import { createClient } from '#tests/client'
import { JOURNEY, lookInto, signInAsAdministrator } from '#tests/journey'
import { startFleet } from '#tests/load-fleet'
import { startTestApp, type TestApp } from '#tests/test-app'

/** How many are opened at once, in all. */
const ORDERS = Number(process.env['WORK_ORDERS'] ?? 200)
const MINUTE_MS = 60_000
const BODY = { product_name: 'Kursi', quantity: 1, deadline: '2030-01-15' }
const businessDays = createBusinessDays('Asia/Jakarta')

/** Every number that was answered is in the database once, and those of a day are 1, 2, 3 … without a gap. */
async function assertNumbered(place: Place, answered: readonly string[]): Promise<Map<string, number>> {
  return await lookInto(place, async (tables) => {
    const db = tables.withTables<WorkOrderTables>()
    const rows = await db.selectFrom('work_orders').select(['number', 'business_day', 'created_at']).execute()
    assert.deepEqual(rows.map(({ number }) => number).toSorted(), answered.toSorted())
    for (const { number, business_day: day, created_at: createdAt } of rows) {
      assert.equal(day, businessDays.dayOf(createdAt), number)
      assert.ok(number.startsWith(`WO-${day.replaceAll('-', '')}-`), `${number} of ${day}`)
    }
    const counts = new Map<string, number>()
    for (const [day, ofDay] of Map.groupBy(rows, (row) => row.business_day)) {
      const taken = ofDay.map(({ number }) => number.split('-')[2] ?? '').toSorted()
      assert.deepEqual(
        taken,
        Array.from({ length: ofDay.length }, (_, index) => String(index + 1).padStart(3, '0')),
        day,
      )
      counts.set(day, ofDay.length)
    }
    const kept = await db.selectFrom('work_order_numbers').selectAll().execute()
    assert.deepEqual(new Map(kept.map((row) => [row.business_day, row.last_number])), counts)
    return counts
  })
}

onEach(engines, 'numbering work orders', (backend: Backend) => {
  it(`W1 gives ${ORDERS} orders at once from two processes numbers without gaps or duplicates`, async () => {
    const place = await backend.create()
    const fleet = await startFleet({ environment: { ...place.environment, ...JOURNEY }, processes: 2 })
    try {
      const clients = fleet.servers().map(({ url }) => createClient(url))
      const [first] = clients
      assert.ok(first)
      const { token } = await signInAsAdministrator(first)
      const replies = await Promise.all(
        Array.from(
          { length: ORDERS },
          async (_, index) =>
            await clients[index % clients.length]?.ask('/api/v1/workorders', {
              method: 'POST',
              token,
              body: BODY,
            }),
        ),
      )
      for (const { close } of clients) close()
      const numbers = replies.map((reply) => {
        assert.equal(reply?.status, 201, reply?.text)
        return String(reply?.body.number)
      })
      await assertNumbered(place, numbers)
    } finally {
      await fleet.stop()
      await place.remove()
    }
  })

  // Only a server whose clock the test holds can be taken past midnight, so these two share a process.
  it(`W1 starts again at 001 with the day, for ${ORDERS} orders at once while midnight passes on two servers`, async () => {
    const place = await backend.create()
    const shared: Backend = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    const apps: TestApp[] = []
    try {
      for (let index = 0; index < 2; index += 1) apps.push(await startTestApp(shared))
      const tokens = await Promise.all(apps.map(bringBeforeMidnight))
      const numbers: string[] = []
      await Promise.all(
        Array.from({ length: ORDERS }, async (_, index) => {
          const app = apps[index % 2]
          const token = tokens[index % 2]
          assert.ok(app !== undefined && token !== undefined)
          const answer = await app.ask('POST', '/api/v1/workorders', { token, body: BODY })
          assert.equal(answer.status, 201, answer.text)
          numbers.push(answer.body.number)
          // One clock is ahead of the other, as clocks are: for a while orders of both days are opened.
          if (numbers.length === Math.floor(ORDERS / 4)) apps[0]?.clock.advance(2 * MINUTE_MS)
          if (numbers.length === Math.floor(ORDERS / 2)) apps[1]?.clock.advance(2 * MINUTE_MS)
        }),
      )
      const counts = await assertNumbered(place, numbers)
      assert.equal(counts.size, 2, 'midnight has passed for none or all of them')
    } finally {
      for (const app of apps) await app.stop()
      await place.remove()
    }
  })
})

/** Answers a token that holds across the midnight that is a minute away. */
async function bringBeforeMidnight({ ask, clock, administrator }: TestApp): Promise<string> {
  const day = businessDays.dayOf(new Date(clock.now().getTime() + 86_400_000))
  clock.advance(businessDays.startOf(day).getTime() - MINUTE_MS - clock.now().getTime())
  const { email, password } = administrator
  const { status, text, body } = await ask('POST', '/api/v1/auth/login', { body: { email, password } })
  assert.equal(status, 200, text)
  return body.access_token
}
