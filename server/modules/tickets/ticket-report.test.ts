import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

const PATH = '/api/v1/reports/tickets'
/** Jakarta is seven hours ahead the whole year. */
const wib = (text: string): Date => new Date(`${text}:00+07:00`)

onEach(engines, 'the report of the desk', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
    await work()
  })
  after(async () => await desk.stop())

  /** Tokens end while the clock is moved. */
  async function signedIn(person: Person): Promise<Person> {
    const { email, password } = person
    const body = { email, password, token_delivery: 'body' }
    return { ...person, token: (await desk.ask('POST', '/api/v1/auth/login', { body })).body.access_token }
  }
  const open = async (fields: object) => await desk.openTicket(fields, await signedIn(desk.customer))
  const solve = async (id: string) =>
    await desk.setStatus(id, { status: 'solved', solution: 'Diganti' }, await signedIn(desk.agent))
  async function asCustomer(id: string, what: string, body: object): Promise<void> {
    const { token } = await signedIn(desk.customer)
    const answer = await desk.ask('POST', `${TICKETS}/${id}/${what}`, { token, body })
    assert.equal(answer.status, 200, answer.text)
  }
  function goTo(time: Date): void {
    desk.clock.advance(time.getTime() - desk.clock.now().getTime())
  }
  async function report(query = '', headers: Record<string, string> = {}, by = desk.agent) {
    const { token } = await signedIn(by)
    return await desk.ask('GET', `${PATH}?${query}`, { token, headers })
  }

  /** Two working days: Monday with two tickets that are solved, Tuesday with one called off and one too late. */
  async function work(): Promise<void> {
    goTo(wib('2030-10-07T08:00'))
    const fast = await open({ priority_id: 3, category_id: 5 })
    const slow = await open({ priority_id: 2 })
    goTo(wib('2030-10-07T09:00'))
    await solve(fast.id)
    await asCustomer(fast.id, 'accept', { rating: 5 })
    goTo(wib('2030-10-07T14:00'))
    await solve(slow.id)
    await asCustomer(slow.id, 'accept', { rating: 2, comment: 'Lama sekali' })
    goTo(wib('2030-10-08T08:00'))
    const dropped = await open({ priority_id: 3 })
    await asCustomer(dropped.id, 'cancel', {})
    await open({ priority_id: 5, category_id: 5 })
    goTo(wib('2030-10-08T16:00'))
    await eventually(
      async () =>
        await desk.db.selectFrom('ticket_clocks').select('id').where('breached_at', 'is not', null).execute(),
      // Both of the last one, and a first response of Monday.
      (breached) => breached.length === 3,
    )
  }

  const nothing = {
    tickets: 0,
    open: 0,
    solved: 0,
    cancelled: 0,
    first_response_minutes: null,
    resolution_minutes: null,
    first_response_breaches: 0,
    resolution_breaches: 0,
    ratings: 0,
    rating: null,
  }
  // An hour, and five without the one at noon, whose first response was late by one.
  const monday = {
    ...nothing,
    tickets: 2,
    solved: 2,
    first_response_minutes: 180,
    resolution_minutes: 180,
    first_response_breaches: 1,
    ratings: 2,
    rating: 3.5,
  }
  const tuesday = {
    ...nothing,
    tickets: 2,
    open: 1,
    cancelled: 1,
    first_response_breaches: 1,
    resolution_breaches: 1,
  }

  it('D8 counts by the day on which a ticket came, as counted by hand', async () => {
    const { status, body, text } = await report('from=2030-10-06&to=2030-10-08')
    assert.equal(status, 200, text)
    assert.deepEqual(body, {
      from: '2030-10-06',
      to: '2030-10-08',
      zone: 'Asia/Jakarta',
      by: 'day',
      data: [
        { day: '2030-10-06', ...nothing },
        { day: '2030-10-07', ...monday },
        { day: '2030-10-08', ...tuesday },
      ],
      totals: {
        ...monday,
        tickets: 4,
        open: 1,
        cancelled: 1,
        first_response_breaches: 2,
        resolution_breaches: 1,
      },
      backlog: [
        { age: '0-1', tickets: 1 },
        { age: '2-7', tickets: 0 },
        { age: '8-30', tickets: 0 },
        { age: '31+', tickets: 0 },
      ],
    })
    assert.deepEqual((await report('from=2030-10-08&to=2030-10-08')).body.totals, tuesday)
    assert.equal((await report()).body.data.length, 30)
  })

  it('D8 counts the same by status, priority and category', async () => {
    const rows = async (by: string, key: string) =>
      (await report(`by=${by}`)).body.data.map((row: Record<string, unknown>) => [
        row[key],
        row['tickets'],
        row['resolution_minutes'],
      ])
    assert.deepEqual(await rows('status', 'status'), [
      ['new', 1, null],
      ['open', 0, null],
      ['pending', 0, null],
      ['solved', 0, null],
      ['closed', 2, 180],
      ['cancelled', 1, null],
    ])
    assert.deepEqual(await rows('priority', 'priority_id'), [
      [2, 1, 300],
      [3, 2, 60],
      [5, 1, null],
    ])
    assert.deepEqual(await rows('category', 'category_id'), [
      [5, 2, 60],
      [null, 2, 300],
    ])
  })

  it('D8 tells it as CSV to who asks for that', async () => {
    const { headers, text } = await report('from=2030-10-07&to=2030-10-07', { accept: 'text/csv' })
    assert.match(String(headers['content-type']), /^text\/csv; charset=utf-8/)
    assert.equal(
      headers['content-disposition'],
      'attachment; filename="tickets-by-day-2030-10-07-2030-10-07.csv"',
    )
    assert.equal(
      text,
      [
        'day,tickets,open,solved,cancelled,first_response_minutes,resolution_minutes,first_response_breaches,resolution_breaches,ratings,rating',
        '2030-10-07,2,0,2,0,180,180,1,0,2,3.5',
        '',
      ].join('\r\n'),
    )
    const empty = await report('from=2020-01-01&to=2020-01-01', { accept: 'text/csv' })
    assert.match(empty.text, /\r\n2020-01-01,0,0,0,0,,,0,0,0,\r\n$/)
  })

  it('D8 is for those who may read reports, and refuses days that are none', async () => {
    assert.equal((await report('', {}, desk.customer)).status, 403)
    for (const query of [
      'from=2030-02-30',
      'from=2030-10-08&to=2030-10-07',
      'from=2028-01-01&to=2030-01-01',
      'by=agent',
    ])
      assert.equal((await report(query)).status, 400, query)
  })

  it('D8 shows how old the tickets are that are open', async () => {
    goTo(wib('2030-10-20T08:00'))
    const { body } = await report('by=age')
    assert.deepEqual(
      body.data.map((row: Record<string, unknown>) => [
        row['age'],
        row['tickets'],
        row['resolution_breaches'],
      ]),
      [
        ['0-1', 0, 0],
        ['2-7', 0, 0],
        ['8-30', 1, 1],
        ['31+', 0, 0],
      ],
    )
    assert.equal(body.totals.tickets, 1)
  })
})
