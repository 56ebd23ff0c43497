import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'
import type { TimelineEntry } from './timeline-schemas.ts'

const SECRET = 'lengkuas'
/** What only the desk is told of. */
const PRIVATE = /lengkuas|ticket\.(noted|sla_|rework_requested)|"(group|tags|watcher_ids)"/

onEach(engines, 'the timeline of a ticket', (backend) => {
  let desk: TestDesk
  let watcher: Person
  let ticketId: string
  let groupId: string
  before(async () => {
    desk = await startTestDesk(backend)
    watcher = await desk.enrol()
    await desk.knowEverybody()
    groupId = (await must('POST', `${TICKETS}/groups`, { name: `Teknisi ${SECRET}` }, desk.administrator)).id
    ticketId = await live()
  })
  after(async () => await desk.stop())

  async function must(method: string, path: string, body?: object, by: Person = desk.agent) {
    const answer = await desk.ask(method, path, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }

  /** A whole life, each step of which is later than the one before. */
  async function live(): Promise<string> {
    const { id } = await desk.openTicket()
    const url = `${TICKETS}/${id}`
    const other = await desk.openTicket({}, desk.stranger)
    const form = formOf({ filename: 'bocor.png', content: samples['image/png'] })
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => await must('PATCH', url, { assignee_id: desk.agent.id, priority_id: 4 }),
      async () => await must('PATCH', url, { tags: [SECRET], group_id: groupId }),
      async () => await must('PUT', `${url}/watchers/${watcher.id}`),
      async () => await must('POST', `${url}/messages`, { kind: 'note', text: `Cerewet ${SECRET}` }),
      async () =>
        await desk.app.http.inject({
          method: 'POST',
          url: `${url}/attachments`,
          headers: { ...form.headers, authorization: `Bearer ${desk.customer.token}` },
          payload: form.body,
        }),
      async () =>
        await desk.setStatus(id, { status: 'pending', pending_reason: 'vendor', reason: `Lamban ${SECRET}` }),
      async () => await must('POST', `${url}/links`, { kind: 'ticket', record_id: other.id }),
      async () => await must('POST', `${url}/links`, { kind: 'product', record_id: NOBODY }),
      async () => {
        await must('POST', `${url}/rework`, { product_name: SECRET, quantity: 1 })
        await eventually(
          async () => await must('GET', `${url}/rework`),
          ({ work_orders: orders }) => orders.length > 0,
        )
      },
      async () => await desk.setStatus(id, { status: 'solved', solution: 'Diganti' }),
      async () => await must('POST', `${url}/accept`, { rating: 5 }, desk.customer),
    ]
    for (const step of steps) {
      desk.clock.advance(1_000)
      await step()
    }
    return id
  }

  type Page = {
    readonly data: TimelineEntry[]
    readonly page: { next_cursor: string | null; has_more: boolean }
  }
  const read = async (by: Person, query = '', reference = ticketId): Promise<Page> =>
    await must('GET', `${TICKETS}/${reference}/timeline${query}`, undefined, by)

  it('D8 tells the desk everything, the newest first', async () => {
    const { data } = await read(desk.agent, '?limit=100')
    const told = data.map(({ type }) => type.replace('ticket.', ''))
    assert.deepEqual(told, [
      'status_changed',
      // The solution is said at the moment of the move, and the work order of the rework linked by itself.
      'status_changed',
      'replied',
      'linked',
      'rework_requested',
      'linked',
      'linked',
      'status_changed',
      'noted',
      'replied',
      'noted',
      'updated',
      'updated',
      'status_changed',
      'created',
    ])
    const times = data.map(({ at }) => at)
    assert.deepEqual(times, times.toSorted().toReversed())
    const sorted = data.find(({ changes }) => changes.some(({ field }) => field === 'tags'))
    assert.deepEqual(sorted?.changes, [
      { field: 'group', before: null, after: `Teknisi ${SECRET}` },
      { field: 'tags', before: [], after: [SECRET] },
    ])
    const rework = data.find(({ type }) => type === 'ticket.rework_requested')
    assert.equal(rework?.rework?.product_name, SECRET)
  })

  it('D8 tells the customer and a watcher what concerns them, people by their names', async () => {
    for (const person of [desk.customer, watcher]) {
      const { data } = await read(person, '?limit=100&sort=at')
      assert.doesNotMatch(JSON.stringify(data), PRIVATE)
      const [created, assigned, photo, waiting, product] = data
      assert.equal(created?.type, 'ticket.created')
      assert.equal(created?.actor?.id, desk.customer.id)
      const name = assigned?.actor?.name
      assert.ok(name)
      assert.deepEqual(assigned?.changes, [
        { field: 'status', before: 'new', after: 'open' },
        { field: 'priority_id', before: 2, after: 4 },
        { field: 'assignee', before: null, after: name },
      ])
      assert.equal(photo?.message?.files[0]?.name, 'bocor.png')
      assert.deepEqual(
        waiting?.changes.map(({ field, after }) => [field, after]),
        [
          ['status', 'pending'],
          ['pending_reason', 'vendor'],
        ],
      )
      assert.deepEqual([product?.link?.kind, product?.link?.record_id], ['product', NOBODY])
      const solution = data.find(({ message }) => message?.kind === 'solution')
      assert.equal(solution?.message?.text, 'Diganti')
      const rated = data.flatMap(({ changes }) => changes).find(({ field }) => field === 'rating')
      assert.equal(rated?.after, 5)
      assert.ok(
        data.every(
          ({ link, changes, message, type }) =>
            type === 'ticket.created' || link || message || changes.length > 0,
        ),
      )
    }
  })

  it('D8 C5 pages through without gap or repeat, and takes the number of a ticket as well', async () => {
    const { number } = await desk.read(ticketId)
    for (const person of [desk.agent, desk.customer]) {
      const all = (await read(person, '?limit=100')).data.map(({ id }) => id)
      const seen: string[] = []
      let cursor = ''
      do {
        const { data, page } = await read(person, `?limit=2${cursor}`, number)
        assert.ok(data.length <= 2)
        seen.push(...data.map(({ id }) => id))
        cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
      } while (cursor !== '')
      assert.deepEqual(seen, all)
    }
    for (const wrong of ['cursor=x', 'limit=0', 'sort=id', 'page=1'])
      assert.equal(
        (await desk.ask('GET', `${TICKETS}/${ticketId}/timeline?${wrong}`, { token: desk.agent.token }))
          .status,
        400,
        wrong,
      )
  })

  it('D8 is not there for a stranger, nor without a token', async () => {
    const url = (id: string) => `${TICKETS}/${id}/timeline`
    const strange = await desk.ask('GET', url(ticketId), { token: desk.stranger.token })
    const missing = await desk.ask('GET', url(NOBODY), { token: desk.stranger.token })
    assert.deepEqual([strange.status, strange.body.code], [404, missing.body.code])
    assert.equal((await desk.ask('GET', url(ticketId))).status, 401)
  })

  it('D8 tells the desk, and it alone, of targets that are missed', async () => {
    const day = [{ from: '00:00', to: '24:00' }]
    const week = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday']
    const hours = Object.fromEntries(week.map((name) => [name, day]))
    const by = desk.administrator
    await must('PUT', `${TICKETS}/sla/hours`, { hours }, by)
    const today = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Jakarta' }).format(desk.clock.now())
    const holidays = await desk.ask('DELETE', `${TICKETS}/sla/holidays/${today}`, { token: by.token })
    assert.ok([204, 404].includes(holidays.status), holidays.text)
    await must(
      'POST',
      `${TICKETS}/sla/policies`,
      { name: 'Kilat', category_id: 7, first_response_minutes: 1 },
      by,
    )
    const { id } = await desk.openTicket({ category_id: 7 })
    desk.clock.advance(61_000)
    const { data } = await eventually(
      async () => await read(desk.agent, '', id),
      (page) => page.data.some(({ type }) => type === 'ticket.sla_breached'),
    )
    const breach = data.find(({ type }) => type === 'ticket.sla_breached')
    assert.deepEqual([breach?.sla?.clock, breach?.actor], ['first_response', null])
    assert.deepEqual(
      (await read(desk.customer, '', id)).data.map(({ type }) => type),
      ['ticket.created'],
    )
  })
})
