import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { NOBODY, startTestFloor, type TestFloor } from './test-floor.ts'

/** How many series, and how long each may get: `TEST_LOG_RUNS=50 TEST_LOG_STEPS=100`. */
const RUNS = Number(process.env['TEST_LOG_RUNS'] ?? 6)
const STEPS = Number(process.env['TEST_LOG_STEPS'] ?? 15)
const QUANTITY = 12
const ALLOWANCE = 3

const few = fc.nat(6)
const step = fc.oneof(
  fc.record({ do: fc.constant('report' as const), quantity: few, scrap: few, rework: few }),
  fc.record({ do: fc.constant('reverse' as const), which: fc.nat(30) }),
)
type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never
type Kind = 'good' | 'scrap' | 'rework'
type Made = { readonly id: string; readonly kind: Kind; readonly quantity: number; isReversed: boolean }

onEach(engines, 'the production log', (backend) => {
  let floor: TestFloor
  before(async () => {
    floor = await startTestFloor(backend)
  })
  after(async () => await floor.stop())

  async function reverse(id: string, entryId: string, { token } = floor.operator, body?: object) {
    return await floor.ask('POST', `/api/v1/workorders/${id}/entries/${entryId}/reverse`, {
      token,
      ...(body === undefined ? {} : { body }),
    })
  }
  async function entriesOf(id: string, query = '') {
    const { status, body, text } = await floor.ask('GET', `/api/v1/workorders/${id}/entries${query}`, {
      token: floor.stranger.token,
    })
    assert.equal(status, 200, text)
    return body
  }
  async function sumOf(id: string, kind: string): Promise<number> {
    const { rows } = await sql<{ total: number | string }>`
      select coalesce(sum(quantity), 0) as total from production_entries
      where work_order_id = ${id} and kind = ${kind}`.execute(floor.db)
    return Number(rows[0]?.total)
  }
  const countAll = async () => {
    const counts = await Promise.all(
      (['production_entries', 'work_order_reports', 'work_order_comments'] as const).map(
        async (table) => (await floor.db.selectFrom(table).select('id').execute()).length,
      ),
    )
    return counts
  }

  const standing = (made: readonly Made[], kind: Kind): number =>
    made
      .filter((each) => each.kind === kind && !each.isReversed)
      .reduce((sum, each) => sum + each.quantity, 0)

  /** What a step does to the order, told apart from how the server does it. */
  async function take(id: string, one: Step, made: Made[]): Promise<void> {
    if (one.do === 'reverse') {
      const entry = made[one.which]
      if (entry === undefined) return
      const answer = await reverse(id, entry.id)
      assert.equal(answer.status, entry.isReversed ? 409 : 201, answer.text)
      entry.isReversed = true
      return
    }
    const { quantity, scrap, rework } = one
    const isTooMuch = standing(made, 'good') + quantity > QUANTITY + ALLOWANCE
    const answer = await floor.report(id, { quantity, scrap, rework })
    assert.equal(answer.status, isTooMuch && quantity > 0 ? 409 : 201, answer.text)
    if (answer.status !== 201) return
    const ids: string[] = [...answer.body.entry_ids]
    const kinds = [
      ['good', quantity],
      ['scrap', scrap],
      ['rework', rework],
    ] as const
    for (const [kind, amount] of kinds) {
      const entryId = amount > 0 ? ids.shift() : undefined
      if (entryId !== undefined) made.push({ id: entryId, kind, quantity: amount, isReversed: false })
    }
    assert.deepEqual(ids, [])
  }

  it('W5 totals are always the sum of the log, and only good ones count toward the target', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: STEPS }), async (steps) => {
        const { id } = await floor.startWork({ quantity: QUANTITY, allowance: ALLOWANCE })
        const made: Made[] = []
        for (const one of steps) {
          await take(id, one, made)
          const order = await floor.read(id)
          const [good, scrap, rework] = [
            standing(made, 'good'),
            standing(made, 'scrap'),
            standing(made, 'rework'),
          ]
          assert.deepEqual(
            [order.produced, order.scrap, order.rework, order.remaining, order.progress],
            [
              good,
              scrap,
              rework,
              Math.max(0, QUANTITY - good),
              Math.min(100, Math.floor((good * 100) / QUANTITY)),
            ],
          )
          assert.deepEqual(
            [await sumOf(id, 'good'), await sumOf(id, 'scrap'), await sumOf(id, 'rework')],
            [good, scrap, rework],
          )
        }
      }),
      { numRuns: RUNS },
    )
  })

  it('W5 a reversal restores exactly what was there, and each entry is taken back once', async () => {
    const { id } = await floor.startWork()
    const first = await floor.report(id, { quantity: 3, scrap: 1, scrap_reason: 'machine' })
    assert.equal(first.status, 201, first.text)
    const before = await floor.read(id)
    const second = await floor.report(id, { quantity: 4 })
    const [entryId = ''] = second.body.entry_ids
    const taken = await reverse(id, entryId, floor.operator, { note: 'Salah hitung' })
    assert.equal(taken.status, 201, taken.text)
    assert.deepEqual(
      [taken.body.kind, taken.body.quantity, taken.body.reverses_id, taken.body.note, taken.body.operator_id],
      ['good', -4, entryId, 'Salah hitung', floor.operator.id],
    )
    const restored = await floor.read(id)
    assert.deepEqual({ ...restored, version: 0, updated_at: '' }, { ...before, version: 0, updated_at: '' })
    assert.equal(restored.version, before.version + 2)

    const again = await reverse(id, entryId)
    assert.deepEqual(
      [again.status, again.body.code, again.body.reversed_by_id],
      [409, 'entry_reversed', taken.body.id],
    )
    assert.equal((await reverse(id, taken.body.id)).body.code, 'entry_is_reversal')
    assert.equal((await reverse(id, NOBODY)).status, 404)
    const other = await floor.startWork()
    assert.equal((await reverse(other.id, entryId)).body.code, 'entry_not_found')
    assert.deepEqual(await floor.read(id), restored)
  })

  it('W5 of 16 reversals of one entry at once one is done', async () => {
    const { id } = await floor.startWork()
    const [entryId = ''] = (await floor.report(id, { quantity: 5 })).body.entry_ids
    const answers = await Promise.all(Array.from({ length: 16 }, async () => await reverse(id, entryId)))
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, ...Array(15).fill(409)])
    assert.equal((await floor.read(id)).produced, 0)
  })

  it('W5 16 entries at once lose nothing, and each is one version and one event of the order', async () => {
    const { id, version } = await floor.startWork({ quantity: 100 })
    const answers = await Promise.all(
      Array.from(
        { length: 16 },
        async (_, index) => await floor.report(id, { quantity: 1 + (index % 3), scrap: 1 }),
      ),
    )
    assert.deepEqual([...new Set(answers.map(({ status }) => status))], [201])
    const order = await floor.read(id)
    assert.deepEqual([order.produced, order.scrap, order.version], [31, 16, version + 32])
    const events = await floor.eventsOf(`work_order/${id}`)
    assert.deepEqual(
      events.map(({ record_version: told }) => told),
      Array.from({ length: version + 32 }, (_, index) => index + 1),
    )
    assert.equal(events.filter(({ type }) => type === 'work_order.output_logged').length, 32)
  })

  it('W5 more than the quantity needs the manager’s allowance, of however many at once', async () => {
    const { id } = await floor.startWork({ quantity: 5, allowance: 2 })
    const answers = await Promise.all(
      Array.from({ length: 16 }, async () => await floor.report(id, { quantity: 1 })),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [...Array(7).fill(201), ...Array(9).fill(409)])
    const order = await floor.read(id)
    assert.deepEqual([order.produced, order.remaining, order.progress], [7, 0, 100])
    const refused = await floor.report(id, { quantity: 1, scrap: 1 })
    const { code, quantity, allowance, produced, remaining, available } = refused.body
    assert.deepEqual(
      [refused.status, code, quantity, allowance, produced, remaining, available],
      [409, 'output_beyond_allowance', 5, 2, 7, 0, 0],
    )
    assert.equal((await floor.report(id, { scrap: 2, rework: 3 })).status, 201)
    const wider = await floor.ask('PUT', `/api/v1/workorders/${id}`, {
      token: floor.manager.token,
      body: { allowance: 3 },
    })
    assert.equal(wider.status, 200, wider.text)
    assert.equal((await floor.report(id, { quantity: 1 })).status, 201)
    assert.equal((await floor.report(id, { quantity: 1 })).status, 409)
    assert.deepEqual(await sumOf(id, 'good'), 8)
  })

  it('W6 keeps what was reported, with its quantities, newest first, and shows the whole log', async () => {
    const { id } = await floor.startWork()
    const words = await floor.report(id, { note: '  Mesin dipanaskan ' })
    assert.equal(words.status, 201, words.text)
    assert.equal(words.body.work_order.version, 2)
    const made = await floor.report(id, { note: 'Pagi', quantity: 2, scrap: 1, rework: 3 })
    const { work_order: order, ...report } = made.body
    assert.deepEqual(order, await floor.read(id))
    assert.deepEqual(
      [report.quantity, report.scrap, report.scrap_reason, report.rework, report.operator_id],
      [2, 1, 'other', 3, floor.operator.id],
    )
    const listed = await floor.ask('GET', `/api/v1/workorders/${id}/progress`, { token: floor.manager.token })
    assert.deepEqual(listed.body.data[0], report)
    assert.deepEqual(
      listed.body.data.map(({ note }: { note: string }) => note),
      ['Pagi', 'Mesin dipanaskan'],
    )
    const [, scrapId = ''] = report.entry_ids
    const back = await reverse(id, scrapId)
    const all = await entriesOf(id, '?sort=created_at')
    assert.deepEqual(
      all.data.map((entry: Record<string, unknown>) => [
        entry['kind'],
        entry['quantity'],
        entry['scrap_reason'],
        entry['reversed_by_id'],
      ]),
      [
        ['good', 2, null, null],
        ['scrap', 1, 'other', back.body.id],
        ['rework', 3, null, null],
        ['scrap', -1, 'other', null],
      ],
    )
    const page = await entriesOf(id, '?limit=1&kind=scrap')
    assert.deepEqual([page.data[0].id, page.page.has_more], [back.body.id, true])
    const rest = await entriesOf(id, `?limit=1&kind=scrap&cursor=${page.page.next_cursor}`)
    assert.deepEqual([rest.data[0].id, rest.page.has_more], [scrapId, false])
    const [told] = await floor.eventsOf(`work_order_report/${report.id}`)
    assert.equal(told?.type, 'work_order.progress_reported')
  })

  it('W6 refuses a report without words and with what is no quantity', async () => {
    const { id } = await floor.startWork()
    for (const body of [
      {},
      { note: ' ' },
      { note: 'x', quantity: -1 },
      { note: 'x', quantity: 1.5 },
      { note: 'x', scrap: -1 },
      { note: 'x', scrap: 1, scrap_reason: 'bored' },
      { note: 'x', produced: 1 },
    ]) {
      const { status } = await floor.ask('POST', `/api/v1/workorders/${id}/progress`, {
        token: floor.operator.token,
        body,
      })
      assert.equal(status, 400, JSON.stringify(body))
    }
    assert.deepEqual((await entriesOf(id)).data, [])
  })

  it('W6 is for those who are assigned and for managers; everybody with a hand in it reads', async () => {
    const { id } = await floor.startWork()
    const [agent, customer] = [await floor.enrol('agent'), await floor.enrol()]
    const { administrator, manager, operator, stranger } = floor
    for (const [by, status, code] of [
      [operator, 201],
      [manager, 201],
      [administrator, 201],
      [stranger, 403, 'not_assigned'],
      [agent, 403, 'missing_permission'],
      [customer, 403, 'missing_permission'],
    ] as const) {
      const answer = await floor.report(id, { quantity: 1 }, by)
      assert.deepEqual([answer.status, answer.body.code], [status, code])
    }
    const [entry] = (await entriesOf(id)).data
    for (const by of [stranger, agent, customer]) assert.equal((await reverse(id, entry.id, by)).status, 403)
    for (const path of ['progress', 'entries']) {
      const url = `/api/v1/workorders/${id}/${path}`
      for (const { token } of [administrator, manager, operator, stranger, agent])
        assert.equal((await floor.ask('GET', url, { token })).status, 200)
      assert.equal((await floor.ask('GET', url, { token: customer.token })).status, 403)
      assert.equal((await floor.ask('GET', url)).status, 401)
    }
    const nowhere = await floor.report(NOBODY, {}, manager)
    assert.deepEqual([nowhere.status, nowhere.body.code], [404, 'work_order_not_found'])
    assert.equal((await reverse(id, entry.id)).status, 201)
    assert.equal((await floor.read(id)).produced, 2)
  })

  it('W5 logs while the order is in progress; a manager completes the count of a held one, and mends a closed one', async () => {
    const { id } = await floor.openOrder()
    const refused = await floor.report(id, { quantity: 1 })
    assert.deepEqual(
      [refused.status, refused.body.code, refused.body.current_status],
      [409, 'not_in_progress', 'pending'],
    )
    assert.equal((await floor.report(id)).status, 201)
    await floor.move(id, { status: 'in_progress' })
    const [entryId = ''] = (await floor.report(id, { quantity: 2 })).body.entry_ids
    await floor.move(id, { status: 'on_hold', hold_reason: 'machine', note: 'Rusak' })
    assert.equal((await floor.report(id, { quantity: 1 })).status, 409)
    assert.equal((await floor.report(id, { quantity: 1 }, floor.manager)).status, 201)
    assert.equal((await reverse(id, entryId)).body.code, 'not_in_progress')
    await floor.move(id, { status: 'in_progress' })
    await floor.move(id, { status: 'completed' })
    assert.equal((await floor.report(id, { quantity: 1 }, floor.manager)).status, 409)
    assert.equal((await reverse(id, entryId)).status, 409)
    assert.equal((await reverse(id, entryId, floor.manager)).status, 201)
    const order = await floor.read(id)
    assert.deepEqual([order.status, order.produced], ['completed', 1])
  })

  it('W5 leaves nothing of a report or a reversal whose last step fails', async () => {
    const { id } = await floor.startWork()
    const [entryId = ''] = (await floor.report(id, { quantity: 2 })).body.entry_ids
    const [order, counts] = [await floor.read(id), await countAll()]
    await sql`alter table outbox rename to outbox_away`.execute(floor.db)
    const failed = [
      await floor.report(id),
      await floor.report(id, { quantity: 1, scrap: 1 }),
      await reverse(id, entryId),
      await floor.ask('POST', `/api/v1/workorders/${id}/comments`, {
        token: floor.operator.token,
        body: { text: 'Halo' },
      }),
    ]
    await sql`alter table outbox_away rename to outbox`.execute(floor.db)
    assert.deepEqual(
      failed.map(({ status }) => status),
      [500, 500, 500, 500],
    )
    assert.deepEqual([await floor.read(id), await countAll()], [order, counts])
    assert.equal((await reverse(id, entryId)).status, 201)
  })
})
