import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { NOBODY, startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders/schedules'
/** From a Monday on, long after every run of this test. */
const START = '2040-01-02'
const SCHEDULE = {
  name: 'Roti pagi',
  rule: { frequency: 'weekly', weekdays: ['monday', 'thursday'] },
  start: START,
  product_name: 'Roti',
  quantity: 40,
  lead_days: 1,
}

onEach(engines, 'refusals of schedules', (backend) => {
  let floor: TestFloor
  let token: string
  let id: string
  before(async () => {
    floor = await startTestFloor(backend)
    token = floor.manager.token
    const { status, text, body } = await post()
    assert.equal(status, 201, text)
    id = body.id
  })
  after(async () => await floor.stop())

  const post = async (fields: object = {}) =>
    await floor.ask('POST', BASE, { token, body: { ...SCHEDULE, ...fields } })
  const put = async (fields: object) => await floor.ask('PUT', `${BASE}/${id}`, { token, body: fields })
  const listed = async () => await floor.db.selectFrom('work_schedules').select(['id', 'version']).execute()

  it('C4 is for managers: others get 403, nobody gets 401', async () => {
    const routes = [
      ['GET', BASE],
      ['POST', BASE, SCHEDULE],
      ['GET', `${BASE}/${id}`],
      ['PUT', `${BASE}/${id}`, { quantity: 1 }],
      ['DELETE', `${BASE}/${id}`],
      ['POST', `${BASE}/${id}/pause`],
      ['POST', `${BASE}/${id}/resume`],
    ] as const
    for (const role of ['operator', 'agent', 'customer', null]) {
      const by = role === null ? {} : { token: (await floor.enrol(role)).token }
      for (const [method, url, body] of routes) {
        const answer = await floor.ask(method, url, { ...by, ...(body === undefined ? {} : { body }) })
        assert.equal(answer.status, role === null ? 401 : 403, `${role} ${method} ${url}`)
      }
    }
    const { token: administrator } = floor.administrator
    assert.equal((await floor.ask('GET', BASE, { token: administrator })).status, 200)
    assert.deepEqual(await listed(), [{ id, version: 1 }])
  })

  it('C4 says what is wrong with a schedule, and makes nothing of it', async () => {
    const weekly = { frequency: 'weekly' }
    const monthly = { frequency: 'monthly' }
    const second = { nth: 2, weekday: 'monday' }
    const cases: readonly (readonly [object, string])[] = [
      [{ name: '  ' }, '/name'],
      [{ quantity: 0 }, '/quantity'],
      [{ lead_days: -1 }, '/lead_days'],
      [{ lead_days: undefined }, '/lead_days'],
      [{ start: '2040-02-30' }, '/start'],
      [{ start: '2040-01-02T00:00:00Z' }, '/start'],
      [{ start: null }, '/start'],
      [{ product_name: undefined }, '/product_name'],
      [{ product_id: NOBODY }, '/product_id'],
      [{ operator_id: NOBODY }, '/operator_id'],
      [{ operator_ids: [NOBODY] }, '/operator_ids/0'],
      [{ surprise: 1 }, '/surprise'],
      [{ rule: undefined }, '/rule'],
      [{ rule: { frequency: 'hourly' } }, '/rule/frequency'],
      [{ rule: {} }, '/rule/frequency'],
      [{ rule: { ...weekly, every: 0 } }, '/rule/every'],
      [{ rule: { ...weekly, every: 1.5 } }, '/rule/every'],
      [{ rule: { ...weekly, weekdays: [] } }, '/rule/weekdays'],
      [{ rule: { ...weekly, weekdays: ['monday', 'monday'] } }, '/rule/weekdays'],
      [{ rule: { ...weekly, weekdays: ['someday'] } }, '/rule/weekdays/0'],
      [{ rule: { ...weekly, day: 1 } }, '/rule/day'],
      [{ rule: { ...monthly, day: 32 } }, '/rule/day'],
      [{ rule: { ...monthly, day: 'first' } }, '/rule/day'],
      [{ rule: { ...monthly, weekdays: ['monday'] } }, '/rule/weekdays'],
      [{ rule: { ...monthly, month: 2 } }, '/rule/month'],
      [{ rule: { ...monthly, day: 1, nth_weekday: second } }, '/rule/nth_weekday'],
      [{ rule: { ...monthly, nth_weekday: { nth: 6, weekday: 'monday' } } }, '/rule/nth_weekday/nth'],
      [{ rule: { frequency: 'yearly', month: 13 } }, '/rule/month'],
      [{ rule: { ...weekly, until: '2039-12-31' } }, '/rule/until'],
      [{ rule: { ...weekly, until: 'never' } }, '/rule/until'],
      [{ rule: { ...weekly, count: 0 } }, '/rule/count'],
    ]
    for (const [fields, pointer] of cases) {
      const answer = await post(fields)
      const seen = [answer.status, answer.body.errors?.[0].pointer]
      assert.deepEqual(seen, [400, pointer], `${JSON.stringify(fields)} ${answer.text}`)
      if (JSON.stringify(fields) === '{}') continue
      const changed = await put(fields)
      assert.deepEqual(
        [changed.status, changed.body.errors?.[0].pointer],
        [400, pointer],
        JSON.stringify(fields),
      )
    }
    assert.deepEqual(await listed(), [{ id, version: 1 }])
  })

  it('C1 what is no id is not found, and no schedule is taken for a work order', async () => {
    const asked = [
      ['GET', `${BASE}/none`],
      ['PUT', `${BASE}/status`, { status: 'completed' }],
      ['PUT', BASE, { quantity: 1 }],
      ['POST', `${BASE}/none/pause`],
      ['GET', `${BASE}/${NOBODY}`],
    ] as const
    for (const [method, url, body] of asked) {
      const answer = await floor.ask(method, url, { token, ...(body === undefined ? {} : { body }) })
      assert.equal(answer.status, 404, `${method} ${url} ${answer.text}`)
    }
    assert.equal((await floor.ask('GET', '/workorders/schedules', { token })).status, 200)
  })
})
