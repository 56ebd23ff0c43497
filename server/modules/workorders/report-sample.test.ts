import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { addDays } from '#platform/business-days'
import { engines, onEach } from '#tests/backends'
import { startTestApp, type TestApp } from '#tests/test-app'
import type { WorkOrderTables } from './table.ts'
import { loadWorkshop, readExpected } from './test-workshop.ts'

const OCTOBER = 'from=2025-10-01&to=2025-10-31'
/** The moment as of which the sample is told. */
const AS_OF = new Date('2025-11-03T12:00:00+07:00')

onEach(engines, 'the reports of a month of a workshop', (backend) => {
  let app: TestApp
  let token: string
  before(async () => {
    app = await startTestApp(backend)
    await loadWorkshop(app.db.withTables<WorkOrderTables>())
    app.clock.advance(AS_OF.getTime() - app.clock.now().getTime())
    const { email, password } = app.administrator
    const signedIn = await app.ask('POST', '/api/v1/auth/login', {
      body: { email, password, token_delivery: 'body' },
    })
    token = signedIn.body.access_token
  })
  after(async () => await app.stop())

  async function report(path: string, headers: Record<string, string> = {}) {
    const answer = await app.ask('GET', `/api/v1/reports/${path}`, { token, headers })
    assert.equal(answer.status, 200, answer.text)
    return answer
  }

  for (const name of ['workorders', 'operators']) {
    it(`W7 tells of the ${name} what was counted without the server`, async () => {
      const { body } = await report(`${name}?${OCTOBER}`)
      assert.deepEqual(body, JSON.parse(await readExpected(`${name}.json`)))
    })

    it(`W7 tells the same of the ${name} as a table`, async () => {
      const { text, headers } = await report(`${name}?${OCTOBER}`, { accept: 'text/csv' })
      assert.match(String(headers['content-type']), /^text\/csv; charset=utf-8/)
      assert.equal(headers['content-disposition'], `attachment; filename="${name}-2025-10-01-2025-10-31.csv"`)
      assert.equal(
        text.replaceAll('\r\n', '\n'),
        (await readExpected(`${name}.csv`)).replaceAll('\r\n', '\n'),
      )
    })
  }

  it('W7 answers the path that clients use as well', async () => {
    const { status, body } = await app.ask('GET', `/reports/workorders?${OCTOBER}`, { token })
    assert.equal(status, 200)
    assert.deepEqual(body, JSON.parse(await readExpected('workorders.json')))
  })

  it('W7 counts nothing twice and loses nothing: the days add up to the month, the operators to the orders', async () => {
    const month = (await report(`workorders?${OCTOBER}`)).body
    const operators = (await report(`operators?${OCTOBER}`)).body
    const totals = new Map<string, number>()
    let worked = 0
    for (let day = '2025-10-01'; day <= '2025-10-31'; day = addDays(day, 1)) {
      const { body } = await report(`workorders?from=${day}&to=${day}`)
      for (const [name, figure] of Object.entries(body.totals))
        totals.set(name, (totals.get(name) ?? 0) + Number(figure))
      worked += (await report(`operators?from=${day}&to=${day}`)).body.totals.worked_ms
    }
    assert.deepEqual(Object.fromEntries(totals), month.totals)
    assert.equal(worked, operators.totals.worked_ms)
    for (const name of ['completed', 'good', 'scrap', 'rework'])
      assert.equal(operators.totals[name], month.totals[name], name)
  })

  it('W7 counts what was taken back on the day on which it was, below zero if need be', async () => {
    const { body, text } = await report('workorders?from=2025-11-01&to=2025-11-01')
    const operator = body.scrap.find((row: { reason: string }) => row.reason === 'operator')
    // 7 were taken back, 1 was lost.
    assert.equal(operator.quantity, -6, text)
    const table = await report('workorders?from=2025-11-01&to=2025-11-01', { accept: 'text/csv' })
    assert.ok(table.text.includes('\r\nscrap,operator,,-6,,\r\n'), table.text)
  })
})
