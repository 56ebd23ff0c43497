import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { engines, onEach } from '#tests/backends'
import type { WorkOrder } from './schemas.ts'
import { startTestFloor, type TestFloor } from './test-floor.ts'

const BASE = '/api/v1/workorders'
const PRODUCT = '0190a000-0000-7000-8000-00000000000a'
const businessDays = createBusinessDays('Asia/Jakarta')

onEach(engines, 'finding work orders', (backend) => {
  let floor: TestFloor
  const orders: WorkOrder[] = []
  before(async () => {
    floor = await startTestFloor(backend)
    const { operator, stranger } = floor
    const fields = [
      { product_name: 'Kursi', deadline: '2030-01-10' },
      { product_name: 'Meja 100%', deadline: '2030-01-11', priority: 'urgent' },
      { product_name: 'Lemari', deadline: '2030-01-12T00:00:00+07:00', operator_id: stranger.id },
      { product_name: 'Rak', deadline: '2030-01-13', notes: 'Cat KURSI lama', operator_id: null },
      {
        product_name: 'Pintu',
        deadline: '2030-01-14',
        operator_id: stranger.id,
        operator_ids: [operator.id],
      },
    ]
    for (const each of fields) orders.push(await floor.openOrder(each))
    await floor.move(at(1).id, { status: 'in_progress' })
    await floor.move(at(4).id, { status: 'cancelled' })
    await floor.db
      .updateTable('work_orders')
      .set({ product_id: PRODUCT })
      .where('id', '=', at(2).id)
      .execute()
  })
  after(async () => await floor.stop())

  function at(index: number): WorkOrder {
    const order = orders[index]
    assert.ok(order)
    return order
  }
  async function ask(query: string, { token }: { token: string } = floor.operator, path = BASE) {
    const answer = await floor.ask('GET', `${path}?${query}`, { token })
    assert.equal(answer.status, 200, `${query}: ${answer.text}`)
    return answer.body
  }
  /** The places in `orders` of what a query finds. */
  const find = async (query: string, by?: { token: string }, path?: string): Promise<number[]> =>
    (await ask(query, by, path)).data.map(({ id }: WorkOrder) => orders.findIndex((each) => each.id === id))

  it('W3 lists all of them to whoever may read them, the newest first', async () => {
    const agent = await floor.enrol('agent')
    for (const by of [floor.manager, floor.operator, floor.stranger, agent, floor.administrator])
      assert.deepEqual(await find('', by), [4, 3, 2, 1, 0])
    const customer = await floor.enrol('customer')
    for (const path of [BASE, `${BASE}/assigned`, `${BASE}/${at(0).id}`]) {
      assert.equal((await floor.ask('GET', path, { token: customer.token })).status, 403)
      assert.equal((await floor.ask('GET', path)).status, 401)
    }
    const { data } = await ask(`q=${at(4).number}`)
    assert.deepEqual(data, [await floor.read(at(4).id)])
  })

  it('W3 filters by status in any spelling, operator, priority, product and text', async () => {
    for (const status of ['in_progress', 'In%20Progress', 'IN-PROGRESS']) {
      assert.deepEqual(await find(`status=${status}`), [1], status)
    }
    assert.deepEqual(await find('status=Pending'), [3, 2, 0])
    assert.deepEqual(await find(`operator_id=${floor.operator.id}`), [4, 1, 0])
    assert.deepEqual(await find(`operator_id=${floor.stranger.id}`), [4, 2])
    assert.deepEqual(await find('priority=urgent'), [1])
    assert.deepEqual(await find(`product_id=${PRODUCT}`), [2])
    assert.deepEqual(await find('q=kursi'), [3, 0])
    assert.deepEqual(await find('q=100%25'), [1])
    assert.deepEqual(await find('q=_'), [])
    assert.deepEqual(await find(`q=${at(2).number.toLowerCase()}`), [2])
    assert.deepEqual(await find('overdue=true'), [])
    assert.deepEqual(await find(`status=pending&operator_id=${floor.operator.id}&overdue=false`), [0])
  })

  it('W3 filters by days of the business zone, of the deadline or of the creation', async () => {
    assert.deepEqual(await find('date_from=2030-01-12'), [4, 3, 2])
    assert.deepEqual(await find('date_to=2030-01-11'), [1, 0])
    assert.deepEqual(await find('date_from=2030-01-11&date_to=2030-01-12&date_field=deadline'), [2, 1])
    const today = businessDays.dayOf(floor.clock.now())
    const first = businessDays.dayOf(new Date(at(0).created_at))
    assert.equal((await find(`date_field=created_at&date_from=${first}&date_to=${today}`)).length, 5)
    assert.deepEqual(await find('date_field=created_at&date_to=2020-01-01'), [])
  })

  it('W3 sorts and pages by cursor and by number', async () => {
    assert.deepEqual(await find('sort=deadline'), [0, 1, 2, 3, 4])
    assert.deepEqual(await find('sort=-deadline'), [4, 3, 2, 1, 0])
    assert.deepEqual(await find('sort=created_at'), [0, 1, 2, 3, 4])
    for (const sort of ['deadline', '-deadline', 'created_at', '-created_at']) {
      const seen: string[] = []
      let cursor = ''
      for (;;) {
        const { data, page } = await ask(`sort=${sort}&limit=2${cursor}`)
        seen.push(...data.map(({ id }: WorkOrder) => id))
        assert.equal(page.has_more, page.next_cursor !== null)
        if (page.next_cursor === null) break
        cursor = `&cursor=${page.next_cursor}`
      }
      const sequence = sort.startsWith('-') ? orders.toReversed() : orders
      assert.deepEqual(
        seen,
        sequence.map(({ id }) => id),
        sort,
      )
    }
    const second = await ask('sort=deadline&page=2&limit=2&status=pending')
    assert.deepEqual(
      second.data.map(({ id }: WorkOrder) => id),
      [at(3).id],
    )
    assert.deepEqual(second.page, {
      next_cursor: null,
      has_more: false,
      number: 2,
      total: 3,
      total_pages: 2,
    })
  })

  it('W4 lists to operators what they work on, with the same filters', async () => {
    const path = `${BASE}/assigned`
    assert.deepEqual(await find('', floor.operator, path), [4, 1, 0])
    assert.deepEqual(await find('', floor.stranger, path), [4, 2])
    assert.deepEqual(await find('', floor.manager, path), [])
    assert.deepEqual(await find('status=In%20Progress', floor.operator, path), [1])
    assert.equal((await ask('page=1&limit=2', floor.operator, path)).page.total, 3)
    const agent = await floor.enrol('agent')
    assert.equal((await floor.ask('GET', path, { token: agent.token })).status, 403)
  })

  it('W3 C5 refuses what it does not know', async () => {
    const queries = [
      'status=done',
      'status=pending&status=completed',
      'date_field=updated_at',
      'date_from=21-11-2026',
      'date_from=2030-02-30',
      'date_from=2030-01-02&date_to=2030-01-01',
      'operator_id=me',
      'priority=1',
      'overdue=yes',
      'sort=number',
      'cursor=x',
      'page=0',
      'nothing=1',
    ]
    for (const query of queries) {
      const answer = await floor.ask('GET', `${BASE}?${query}`, { token: floor.operator.token })
      assert.equal(answer.status, 400, query)
    }
    const mine = await floor.ask('GET', `${BASE}/assigned?operator_id=${floor.stranger.id}`, {
      token: floor.operator.token,
    })
    assert.equal(mine.status, 400)
  })
})
