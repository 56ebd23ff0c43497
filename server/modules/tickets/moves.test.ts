import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Answer, Person } from '#tests/test-app'
import { allowedToCustomer, allowedTransitions, type TicketStatus, ticketStatuses } from './lifecycle.ts'
import type { Ticket } from './schemas.ts'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

const WAYS: Readonly<Record<TicketStatus, readonly TicketStatus[]>> = {
  new: [],
  open: ['open'],
  pending: ['pending'],
  solved: ['solved'],
  closed: ['solved', 'closed'],
  cancelled: ['cancelled'],
}
const DAY_MS = 86_400_000

onEach(engines, 'the moves of tickets', (backend) => {
  let desk: TestDesk
  let watcher: Person
  let manager: Person
  before(async () => {
    desk = await startTestDesk(backend)
    watcher = await desk.enrol()
    manager = await desk.enrol('production_manager')
    await desk.knowEverybody()
  })
  after(async () => await desk.stop())

  const bodyOf = (status: TicketStatus) =>
    status === 'pending' ? { status, pending_reason: 'customer' } : { status }
  const put = async (id: string, body: object, by: Person = desk.agent, headers = {}) =>
    await desk.ask('PUT', `${TICKETS}/${id}/status`, { token: by.token, body, headers })
  const patch = async (id: string, body: object, by: Person = desk.agent, headers = {}) =>
    await desk.ask('PATCH', `${TICKETS}/${id}`, { token: by.token, body, headers })
  const post = async (id: string, verb: string, body: object | undefined, by: Person = desk.customer) =>
    await desk.ask('POST', `${TICKETS}/${id}/${verb}`, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })

  async function ticketIn(status: TicketStatus, fields: object = {}): Promise<Ticket> {
    let ticket = await desk.openTicket(fields)
    for (const step of WAYS[status]) ticket = await desk.setStatus(ticket.id, bodyOf(step))
    await desk.db
      .insertInto('ticket_watchers')
      .values({ ticket_id: ticket.id, user_id: watcher.id })
      .execute()
    return ticket
  }
  async function messagesOf(id: string) {
    const rows = await desk.db
      .selectFrom('ticket_messages')
      .select(['kind', 'text', 'author_id', 'author_name'])
      .where('ticket_id', '=', id)
      .orderBy('id')
      .execute()
    return rows.map(({ kind, text, author_id: author }) => [kind, text, author])
  }
  function assertRefused(answer: Answer, { status, code }: { status: number; code: string }, what: string) {
    assert.deepEqual([answer.status, answer.body.code], [status, code], `${what}: ${answer.text}`)
  }

  it('D8 the desk goes every allowed way and no other, and is told what is allowed', async () => {
    for (const by of [desk.agent, desk.administrator]) {
      for (const from of ticketStatuses) {
        for (const to of ticketStatuses) {
          if (from === 'pending' && to === 'pending') continue
          const { id, version } = await ticketIn(from)
          const answer = await put(id, bodyOf(to), by)
          const what = `${from} → ${to}`
          const allowed = allowedTransitions(from)
          if (allowed.includes(to)) {
            assert.deepEqual([answer.status, answer.body.status], [200, to], what)
            assert.equal(answer.body.version, version + 1)
            const last = (await desk.eventsOf(id)).at(-1)
            assert.equal(last?.type, 'ticket.status_changed')
            const told = { ...answer.body, ...(await desk.deadlinesOf(id)) }
            assert.deepEqual(last?.data, { ticket_id: id, ...told, previous_status: from })
          } else {
            assertRefused(answer, { status: 409, code: 'invalid_transition' }, what)
            assert.deepEqual(answer.body.allowed_transitions, allowed)
            assert.equal(answer.body.current_status, from)
            assert.equal(answer.body.error, `A ticket that is ${from} cannot become ${to}.`)
            assert.equal((await desk.read(id)).version, version)
          }
        }
      }
    }
  })

  it('D8 nobody but the desk sets a status or edits a ticket, not even who owns it', async () => {
    const { id, version } = await ticketIn('new')
    for (const by of [desk.customer, desk.stranger, watcher, manager]) {
      for (const answer of [await put(id, { status: 'open' }, by), await patch(id, { title: 'x' }, by)])
        assertRefused(answer, { status: 403, code: 'missing_permission' }, by.email)
    }
    assert.equal((await desk.ask('PUT', `${TICKETS}/${id}/status`, { body: { status: 'open' } })).status, 401)
    assert.equal((await desk.read(id)).version, version)
  })

  it('D8 the customer takes back, accepts and reopens where the life of the ticket allows it', async () => {
    const verbs = [
      ['cancelled', 'cancel', {}],
      ['closed', 'accept', { rating: 5 }],
      ['open', 'reopen', { comment: 'Masih bocor' }],
    ] as const
    for (const from of ticketStatuses) {
      for (const [to, verb, body] of verbs) {
        // A ticket that closed without a rating may still be rated; that is no move.
        if (from === 'closed' && verb === 'accept') continue
        const { id } = await ticketIn(from)
        const answer = await post(id, verb, body)
        const allowed = allowedToCustomer(from)
        if (allowed.includes(to))
          assert.deepEqual([answer.status, answer.body.status], [200, to], answer.text)
        else {
          assertRefused(answer, { status: 409, code: 'invalid_transition' }, `${from} ${verb}`)
          assert.deepEqual(answer.body.allowed_transitions, allowed)
        }
      }
    }
  })

  it('D8 a stranger finds no ticket to move, and who watches it may not', async () => {
    const { id, number } = await ticketIn('solved')
    for (const [verb, body] of [
      ['cancel', {}],
      ['accept', { rating: 5 }],
      ['reopen', { comment: 'x' }],
    ] as const) {
      for (const by of [desk.stranger, manager]) {
        const [hidden, absent] = [await post(id, verb, body, by), await post(NOBODY, verb, body, by)]
        assertRefused(hidden, { status: 404, code: 'ticket_not_found' }, verb)
        const plain = ({ request_id: _id, instance: _instance, ...rest }: Record<string, unknown>) => rest
        assert.deepEqual(plain(hidden.body), plain(absent.body))
        assert.equal((await post(number, verb, body, by)).status, 404)
      }
      assertRefused(await post(id, verb, body, watcher), { status: 403, code: 'not_your_ticket' }, verb)
      assert.equal((await desk.ask('POST', `${TICKETS}/${id}/${verb}`, { body })).status, 401)
    }
    assertRefused(
      await post(id, 'accept', { rating: 5 }, desk.agent),
      { status: 403, code: 'not_your_ticket' },
      'the desk does not rate itself',
    )
    assert.equal((await post(id, 'reopen', { comment: 'Salah kirim' }, desk.agent)).body.status, 'open')
    assert.equal((await post(id, 'cancel', undefined, desk.agent)).body.status, 'cancelled')
  })

  it('D8 what waits says for what, and for how long', async () => {
    const { id } = await ticketIn('open')
    const later = new Date(desk.clock.now().getTime() + DAY_MS).toISOString()
    for (const [body, pointer] of [
      [{ status: 'pending' }, '/pending_reason'],
      [{ status: 'pending', pending_reason: 'date' }, '/pending_until'],
      [
        { status: 'pending', pending_reason: 'date', pending_until: '2020-01-01T00:00:00Z' },
        '/pending_until',
      ],
      [{ status: 'pending', pending_reason: 'vendor', pending_until: later }, '/pending_until'],
      [{ status: 'open', pending_reason: 'vendor' }, '/pending_reason'],
      [{ status: 'pending', pending_reason: 'vendor', solution: 'x' }, '/solution'],
      [{ status: 'waiting' }, '/status'],
    ] as const) {
      const { status, body: answer } = await put(id, body)
      assert.deepEqual([status, answer.errors[0].pointer], [400, pointer], JSON.stringify(body))
    }
    const waiting = await desk.setStatus(id, { status: 'pending', pending_reason: 'vendor' })
    assert.deepEqual([waiting.pending_reason, waiting.pending_until], ['vendor', null])
    const dated = await desk.setStatus(id, {
      status: 'pending',
      pending_reason: 'date',
      pending_until: later,
    })
    assert.deepEqual([dated.pending_reason, dated.pending_until], ['date', later])
    assert.equal((await desk.eventsOf(id)).at(-1)?.type, 'ticket.updated')
    const open = await desk.setStatus(id, { status: 'open', reason: 'Suku cadang tiba' })
    assert.deepEqual([open.pending_reason, open.pending_until], [null, null])
    assert.deepEqual(await messagesOf(id), [['note', 'Suku cadang tiba', desk.agent.id]])
    const spans = await desk.db
      .selectFrom('ticket_spans')
      .select(['status', 'pending_reason', 'ended_at'])
      .where('ticket_id', '=', id)
      .orderBy('id')
      .execute()
    assert.deepEqual(
      spans.map(({ status, pending_reason: reason }) => [status, reason]),
      [
        ['new', null],
        ['open', null],
        ['pending', 'vendor'],
        ['pending', 'date'],
        ['open', null],
      ],
    )
    assert.deepEqual(
      spans.map(({ ended_at: end }) => end === null),
      [false, false, false, false, true],
    )
  })

  it('D8 a solution is kept, told to the customer, taken back with the ticket and accepted with a rating', async () => {
    const { id } = await ticketIn('open')
    const solved = await desk.setStatus(id, { status: 'solved', solution: ' Paking diganti. ' })
    assert.equal(solved.solution, 'Paking diganti.')
    assert.ok(solved.solved_at)
    assert.equal(solved.first_responded_at, solved.solved_at)
    const { body: open } = await post(id, 'reopen', { comment: 'Masih bocor' })
    assert.deepEqual([open.status, open.solution, open.solved_at], ['open', null, null])
    await desk.setStatus(id, { status: 'solved', solution: 'Tangki diganti.', reason: 'Garansi' })
    for (const body of [{ rating: 3 }, { rating: 1, comment: ' ' }]) {
      const { status, body: answer } = await post(id, 'accept', body)
      assert.deepEqual([status, answer.errors[0].pointer], [400, '/comment'])
    }
    for (const rating of [0, 6, 2.5, null]) assert.equal((await post(id, 'accept', { rating })).status, 400)
    const { body: closed } = await post(id, 'accept', { rating: 3, comment: 'Lama' })
    assert.deepEqual([closed.status, closed.rating, closed.rating_comment], ['closed', 3, 'Lama'])
    assert.ok(closed.closed_at)
    assertRefused(await post(id, 'accept', { rating: 5 }), { status: 409, code: 'already_rated' }, 'twice')
    assert.deepEqual(await messagesOf(id), [
      ['solution', 'Paking diganti.', desk.agent.id],
      ['reply', 'Masih bocor', desk.customer.id],
      ['note', 'Garansi', desk.agent.id],
      ['solution', 'Tangki diganti.', desk.agent.id],
    ])
  })

  it('D8 the desk takes over a proposed solution by solving without words', async () => {
    const { id } = await ticketIn('open')
    await desk.db
      .updateTable('tickets')
      .set({ proposed_solution: 'Unit baru dibuat.' })
      .where('id', '=', id)
      .execute()
    assert.equal((await desk.setStatus(id, { status: 'solved' })).solution, 'Unit baru dibuat.')
  })

  it('D8 a ticket that closed without a word is rated afterwards, once', async () => {
    const { id } = await ticketIn('closed')
    const { status, body } = await post(id, 'accept', { rating: 4 })
    assert.deepEqual([status, body.status, body.rating], [200, 'closed', 4])
    assert.equal((await desk.eventsOf(id)).at(-1)?.type, 'ticket.rated')
    assertRefused(await post(id, 'accept', { rating: 5 }), { status: 409, code: 'already_rated' }, 'twice')
  })

  it('D8 assigning a new ticket opens it, in one step; later it only changes hands', async () => {
    const { id } = await ticketIn('new')
    const { status, body } = await patch(id, { assignee_id: desk.agent.id, priority_id: 4 })
    assert.deepEqual([status, body.status, body.assignee_id, body.version], [200, 'open', desk.agent.id, 2])
    const told = (await desk.eventsOf(id)).at(-1)
    assert.deepEqual(
      [told?.type, told?.data],
      [
        'ticket.status_changed',
        {
          ticket_id: id,
          ...body,
          ...(await desk.deadlinesOf(id)),
          previous_status: 'new',
          previous_assignee_id: null,
        },
      ],
    )
    const { body: handed } = await patch(id, { assignee_id: desk.administrator.id })
    assert.deepEqual([handed.assignee_id, handed.version], [desk.administrator.id, 3])
    assert.equal((await desk.eventsOf(id)).at(-1)?.type, 'ticket.updated')
    const { body: free } = await patch(id, { assignee_id: null })
    assert.deepEqual([free.assignee_id, free.status], [null, 'open'])
  })

  it('D8 an edit changes what it names, and nothing where nothing is new', async () => {
    const group = { id: NOBODY.replace('0000', '0001'), name: 'Lapangan', name_key: 'lapangan', version: 1 }
    const now = new Date()
    await desk.db
      .insertInto('ticket_groups')
      .values({ ...group, created_at: now, updated_at: now })
      .execute()
    const { id } = await ticketIn('open')
    const change = {
      title: ' Pompa macet ',
      group_id: group.id,
      category_id: 9,
      type_id: 2,
      priority_id: 5,
      tags: ['Pompa', ' garansi', 'pompa'],
    }
    const { body } = await patch(id, change)
    assert.deepEqual(
      [body.title, body.group_id, body.category_id, body.type_id, body.priority_id, body.tags],
      ['Pompa macet', group.id, 9, 2, 5, ['garansi', 'pompa']],
    )
    assert.equal(body.version, 3)
    const again = await patch(id, { ...change, title: 'Pompa macet' })
    assert.deepEqual([again.status, again.body], [200, body])
    assert.equal((await desk.eventsOf(id)).length, 3)
    const { body: bare } = await patch(id, { tags: [], category_id: null, group_id: null })
    assert.deepEqual([bare.tags, bare.category_id, bare.group_id, bare.version], [[], null, null, 4])
    const found = await desk.ask('GET', `${TICKETS}?q=pompa%20macet`, { token: desk.agent.token })
    assert.deepEqual(
      found.body.data.map((ticket: Ticket) => ticket.id),
      [id],
    )
  })

  it('D8 refuses to give a ticket to who is not at the desk, to a group or id that is not there', async () => {
    const { id } = await ticketIn('open')
    for (const [body, pointer] of [
      [{ assignee_id: NOBODY }, '/assignee_id'],
      [{ assignee_id: desk.customer.id }, '/assignee_id'],
      [{ assignee_id: manager.id }, '/assignee_id'],
      [{ group_id: NOBODY }, '/group_id'],
      [{ priority_id: 6 }, '/priority_id'],
      [{ type_id: 7 }, '/type_id'],
      [{ title: ' ' }, '/title'],
      [{ tags: [' '] }, '/tags/0'],
    ] as const) {
      const { status, body: answer } = await patch(id, body)
      assert.deepEqual([status, answer.errors[0].pointer], [400, pointer], JSON.stringify(body))
    }
    for (const status of ['closed', 'cancelled'] as const) {
      const ended = await ticketIn(status)
      const answer = await patch(ended.id, { title: 'x' })
      assertRefused(answer, { status: 409, code: 'ticket_ended' }, status)
      assert.equal(answer.body.current_status, status)
    }
  })

  it('C7 of those who move one version at once exactly one passes', async () => {
    const { id } = await ticketIn('new')
    const stale = await put(id, { status: 'open' }, desk.agent, { 'if-match': '"9"' })
    assert.deepEqual([stale.status, stale.body.current_version], [412, 1])
    const answers = await Promise.all([
      ...Array.from(
        { length: 4 },
        async () => await put(id, { status: 'open' }, desk.agent, { 'if-match': '"1"' }),
      ),
      ...Array.from(
        { length: 4 },
        async (_, index) => await patch(id, { title: `Judul ${index}` }, desk.agent, { 'if-match': '"1"' }),
      ),
    ])
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [
      200,
      ...Array.from({ length: 7 }, () => 412),
    ])
    assert.equal((await desk.read(id)).version, 2)
  })

  it('D8 what waits for a date is open again when it has come', async () => {
    const { id } = await ticketIn('open')
    const until = new Date(desk.clock.now().getTime() + 60_000).toISOString()
    const kept = await ticketIn('open')
    await desk.setStatus(id, { status: 'pending', pending_reason: 'date', pending_until: until })
    await desk.setStatus(kept.id, { status: 'pending', pending_reason: 'date', pending_until: until })
    const later = { status: 'pending', pending_reason: 'customer' }
    await desk.setStatus(kept.id, later)
    desk.clock.advance(60_001)
    const back = await eventually(
      async () => await desk.read(id),
      ({ status }) => status === 'open',
    )
    assert.deepEqual([back.pending_reason, back.pending_until], [null, null])
    const { type, data } = (await desk.eventsOf(id)).at(-1) ?? {}
    assert.deepEqual(
      [type, data],
      [
        'ticket.status_changed',
        { ticket_id: id, ...back, ...(await desk.deadlinesOf(id)), previous_status: 'pending' },
      ],
    )
    assert.equal((await desk.read(kept.id)).status, 'pending')
  })

  it('D8 a solved ticket closes by itself after seven days without a word', async () => {
    const own = await startTestDesk(backend)
    try {
      const open = async () => await own.setStatus((await own.openTicket()).id, { status: 'solved' })
      const [quiet, spoken, reopened] = [await open(), await open(), await open()]
      await own.ask('POST', `${TICKETS}/${reopened.id}/reopen`, {
        token: own.customer.token,
        body: { comment: 'Belum' },
      })
      const half = 4 * DAY_MS
      own.clock.advance(half)
      await own.db
        .insertInto('ticket_messages')
        .values({
          id: NOBODY,
          ticket_id: spoken.id,
          kind: 'reply',
          text: 'Terima kasih',
          file_ids: null,
          author_id: own.customer.id,
          author_name: 'Pelanggan',
          invgate_id: null,
          invgate_key: null,
          created_at: own.clock.now(),
        })
        .execute()
      own.clock.advance(half)
      const statusOf = async ({ id }: Ticket) =>
        (await own.db.selectFrom('tickets').select('status').where('id', '=', id).executeTakeFirstOrThrow())
          .status
      await eventually(
        async () => await statusOf(quiet),
        (status) => status === 'closed',
      )
      const timers = async () =>
        await own.db
          .selectFrom('timers')
          .select(['subject', 'due_at'])
          .where('kind', '=', 'ticket.auto_close')
          .execute()
      await eventually(timers, (rows) => rows.every(({ due_at: dueAt }) => dueAt > own.clock.now()))
      assert.deepEqual([await statusOf(spoken), await statusOf(reopened)], ['solved', 'open'])
      own.clock.advance(half)
      await eventually(
        async () => await statusOf(spoken),
        (status) => status === 'closed',
      )
      assert.equal(await statusOf(reopened), 'open')
      assert.deepEqual(await timers(), [])
    } finally {
      await own.stop()
    }
  })
})
