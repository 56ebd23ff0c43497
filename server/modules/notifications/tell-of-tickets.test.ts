import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { PeopleTables } from '#modules/people'
import type { EventEnvelope } from '#platform/events/envelope'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { startTestConsumer, type TestConsumer } from './test-consumer.ts'

const DAY_MS = 24 * 60 * 60 * 1_000

type Told = {
  readonly type: string
  readonly data?: object
  readonly actorId?: string | undefined
  readonly at?: Date
}

onEach(engines, 'telling of tickets', (backend) => {
  let at: TestConsumer
  let customer: string
  let agent: string
  let watcher: string
  before(async () => {
    at = await startTestConsumer(backend)
  })
  after(async () => await at.remove())

  async function person(role: string, change: object = {}): Promise<string> {
    const id = systemIds.next()
    await at.platform
      .withTables<PeopleTables>()
      .insertInto('people')
      .values({
        id,
        name: role,
        name_key: role,
        lastname: null,
        email: `${id}@karya.test`,
        email_key: `${id}@karya.test`,
        username: null,
        role,
        locale: null,
        search_text: role,
        disabled_at: null,
        deleted_at: null,
        updated_at: new Date(),
        version: 1,
        ...change,
      })
      .execute()
    return id
  }
  const cast = async () =>
    ([customer, agent, watcher] = [await person('customer'), await person('agent'), await person('customer')])

  /** An event of a ticket with a customer, an assignee and a watcher, as the desk tells of it. */
  function ticketEvent({ type, data = {}, actorId, at: time = new Date() }: Told): EventEnvelope {
    const ticketId = systemIds.next()
    return {
      specversion: '1.0',
      id: systemIds.next(),
      source: '/karya/0190a000-0000-7000-8000-000000000000',
      type,
      subject: `ticket/${ticketId}`,
      time: time.toISOString(),
      datacontenttype: 'application/json',
      dataschema: `urn:karya:event-schema:${type}`,
      position: 1,
      recordversion: 2,
      ...(actorId === undefined ? {} : { actorid: actorId }),
      data: {
        ticket_id: ticketId,
        number: 'TCK-000042',
        title: 'Mesin kopi bocor',
        status: 'open',
        pending_reason: null,
        solution: null,
        first_responded_at: null,
        updated_at: time.toISOString(),
        customer_id: customer,
        assignee_id: agent,
        watcher_ids: [watcher],
        ...data,
      },
    }
  }
  const reply = (authorId: string | null, text = 'Kami periksa besok.', kind = 'reply') =>
    ticketEvent({
      type: 'ticket.replied',
      actorId: authorId ?? undefined,
      data: { kind, text, author_id: authorId, author_name: 'Sari' },
    })

  /** Who was told what, in the application and by mail. */
  async function seenOf(event: EventEnvelope) {
    const subject = `ticket/${String(event.data['ticket_id'])}`
    const notices = await at.db
      .selectFrom('notifications')
      .selectAll()
      .where('subject', '=', subject)
      .execute()
    const letters = await at.db
      .selectFrom('deliveries')
      .selectAll()
      .where('dedupe_key', 'like', `%${event.subject}%`)
      .execute()
    const nameOf = (id: string) =>
      new Map([
        [customer, 'customer'],
        [agent, 'agent'],
        [watcher, 'watcher'],
      ]).get(id) ?? id
    return {
      told: notices.map((notice) => `${nameOf(notice.user_id)}: ${notice.title}`).toSorted(),
      notices,
      letters,
    }
  }
  async function toldOf(event: EventEnvelope): Promise<string[]> {
    await at.make().handle(event)
    return (await seenOf(event)).told
  }

  it('D8 a reply is told to all whom the ticket concerns but its author, and to the customer by mail', async () => {
    await cast()
    const event = reply(agent)
    await at.make().handle(event)
    const { told, letters, notices } = await seenOf(event)
    assert.deepEqual(told, [
      'customer: New reply to ticket TCK-000042',
      'watcher: New reply to ticket TCK-000042',
    ])
    assert.equal(notices[0]?.body, 'TCK-000042: Mesin kopi bocor\nSari wrote:\nKami periksa besok.')
    assert.deepEqual(
      letters.map(({ recipient, kind, text }) => [recipient, kind, text.includes('> Kami periksa besok.')]),
      [[`${customer}@karya.test`, 'ticket_replied', true]],
    )
    assert.deepEqual(await toldOf(reply(customer)), [
      'agent: New reply to ticket TCK-000042',
      'watcher: New reply to ticket TCK-000042',
    ])
    // From InvGate, of somebody who is nobody here.
    assert.equal((await toldOf(reply(null))).length, 3)
  })

  it('D8 nobody is told of a note, or twice of a solution', async () => {
    await cast()
    await assert.rejects(at.make().handle({ ...reply(agent), type: 'ticket.noted' }), TypeError)
    assert.deepEqual(await toldOf(reply(agent, 'Ganti segel', 'solution')), [])
    const solved = ticketEvent({
      type: 'ticket.status_changed',
      actorId: agent,
      data: { status: 'solved', previous_status: 'open', solution: 'Segel diganti.' },
    })
    assert.deepEqual(await toldOf(solved), [
      'customer: Ticket TCK-000042 is solved',
      'watcher: Ticket TCK-000042 is solved',
    ])
    const { letters } = await seenOf(solved)
    assert.match(letters[0]?.text ?? '', /The solution:\n\n> Segel diganti\./)
  })

  it('D8 each state is told in words of its own, and none to who brought it about', async () => {
    await cast()
    const moves = [
      ['open', 'new', null, 'is being seen to', 'is being seen to'],
      ['open', 'pending', null, 'goes on', 'goes on'],
      ['open', 'solved', null, 'is open again', 'is open again'],
      ['pending', 'open', 'customer', 'waits for you', 'waits for its customer'],
      ['pending', 'open', 'vendor', 'is on hold', 'is on hold'],
      ['closed', 'solved', null, 'is closed', 'is closed'],
      ['cancelled', 'open', null, 'was cancelled', 'was cancelled'],
    ] as const
    for (const [status, previous, reason, theirs, others] of moves) {
      const data = { status, previous_status: previous, pending_reason: reason }
      const make = (actorId?: string) => ticketEvent({ type: 'ticket.status_changed', actorId, data })
      const all = [
        `agent: Ticket TCK-000042 ${others}`,
        `customer: Ticket TCK-000042 ${theirs}`,
        `watcher: Ticket TCK-000042 ${others}`,
      ]
      assert.deepEqual(await toldOf(make()), all)
      assert.deepEqual(await toldOf(make(customer)), [all[0], all[2]])
      assert.deepEqual(await toldOf(make(agent)), all.slice(1))
    }
  })

  it('D8 the reply that begins a ticket is told by itself, not again as a state', async () => {
    await cast()
    const now = new Date()
    const begun = ticketEvent({
      type: 'ticket.status_changed',
      actorId: agent,
      at: now,
      data: { status: 'open', previous_status: 'new', first_responded_at: now.toISOString() },
    })
    assert.deepEqual(await toldOf(begun), [])
  })

  it('D8 who is given a ticket is told so, unless they took it', async () => {
    await cast()
    const make = (actorId: string, data: object = {}) =>
      ticketEvent({ type: 'ticket.updated', actorId, data: { previous_assignee_id: null, ...data } })
    const boss = await person('admin')
    assert.deepEqual(await toldOf(make(boss)), ['agent: Ticket TCK-000042 is assigned to you'])
    assert.deepEqual(await toldOf(make(agent)), [])
    assert.deepEqual(await toldOf(make(boss, { assignee_id: null, previous_assignee_id: agent })), [])
    assert.deepEqual(await toldOf(ticketEvent({ type: 'ticket.updated', actorId: boss })), [])
    const begun = ticketEvent({
      type: 'ticket.status_changed',
      actorId: boss,
      data: { previous_status: 'new', previous_assignee_id: null },
    })
    assert.deepEqual(await toldOf(begun), [
      'agent: Ticket TCK-000042 is assigned to you',
      'customer: Ticket TCK-000042 is being seen to',
      'watcher: Ticket TCK-000042 is being seen to',
    ])
  })

  it('D8 the clocks are told to the assignee alone', async () => {
    await cast()
    for (const [type, clock, words] of [
      ['ticket.sla_warned', 'first_response', 'Ticket TCK-000042 needs its first response soon'],
      ['ticket.sla_breached', 'first_response', 'The first response to ticket TCK-000042 is late'],
      ['ticket.sla_warned', 'resolution', 'Ticket TCK-000042 is to be solved soon'],
      ['ticket.sla_breached', 'resolution', 'The solution of ticket TCK-000042 is late'],
    ] as const) {
      const due = '2026-11-23T03:00:00.000Z'
      const event = ticketEvent({ type, data: { clock, due_at: due } })
      assert.deepEqual(await toldOf(event), [`agent: ${words}`])
      const { notices, letters } = await seenOf(event)
      assert.match(notices[0]?.body ?? '', /Due on 23 November 2026 at 10:00\./)
      assert.deepEqual(letters, [])
      const nobody = ticketEvent({ type, data: { clock, due_at: due, assignee_id: null } })
      assert.deepEqual(await toldOf(nobody), [])
    }
  })

  it('D8 who left the desk, or the house, hears of no ticket of others any more', async () => {
    await cast()
    agent = await person('customer')
    assert.deepEqual(await toldOf(reply(customer)), ['watcher: New reply to ticket TCK-000042'])
    watcher = await person('customer', { disabled_at: new Date() })
    customer = await person('customer', { deleted_at: new Date() })
    const event = reply(systemIds.next())
    assert.deepEqual(await toldOf(event), [])
    assert.deepEqual((await seenOf(event)).letters, [])
  })

  it('D8 a ticket that somebody opened for its customer is told to them, in their language', async () => {
    await cast()
    customer = await person('customer', { locale: 'id' })
    const created = ticketEvent({ type: 'ticket.created', actorId: agent, data: { status: 'new' } })
    assert.deepEqual((await toldOf(created)).slice(0, 1), ['customer: Tiket TCK-000042 dibuatkan untuk Anda'])
    const own = ticketEvent({ type: 'ticket.created', actorId: customer, data: { assignee_id: null } })
    assert.equal((await toldOf({ ...own, data: { ...own.data, watcher_ids: [] } })).length, 0)
  })

  it('D8 who is customer, assignee and watcher at once is told once', async () => {
    await cast()
    const data = { assignee_id: customer, watcher_ids: [customer], previous_status: 'new' }
    const event = ticketEvent({ type: 'ticket.status_changed', data })
    assert.equal((await toldOf(event)).length, 1)
  })

  it('D8 tells once, however often, however many at once and under whatever id an event comes', async () => {
    await cast()
    const { handle } = at.make()
    const event = reply(agent)
    await Promise.allSettled([handle(event), handle(event), handle({ ...event, id: systemIds.next() })])
    await handle(event)
    const { told, letters } = await seenOf(event)
    assert.deepEqual([told.length, letters.length], [2, 1])
  })

  it('D8 tells nobody what is a week old, and refuses what is no ticket', async () => {
    await cast()
    const old = { ...reply(agent), time: new Date(at.clock.now().getTime() - 8 * DAY_MS).toISOString() }
    assert.deepEqual(await toldOf(old), [])
    const event = reply(agent)
    await assert.rejects(at.make().handle({ ...event, data: { ...event.data, text: 7 } }), TypeError)
  })

  it('D8 leaves nothing of an event whose last step fails', async () => {
    await cast()
    const { handle } = at.make({
      timers: {
        schedule: async () => await Promise.reject(new Error('the timers are broken')),
        cancel: async () => {},
      },
    })
    const event = reply(agent)
    await assert.rejects(handle(event), /timers are broken/)
    const { told, letters } = await seenOf(event)
    assert.deepEqual([told, letters], [[], []])
  })

  it('D8 what others write becomes neither markup nor a line of ours', async () => {
    await cast()
    const text = `<script>alert(1)</script>\r\nTicket TCK-000042 is solved\n${'x'.repeat(19_000)}`
    const event = reply(agent, text)
    await at.make().handle(event)
    const { notices, letters } = await seenOf(event)
    assert.ok((notices[0]?.body.length ?? 0) <= 2_000)
    const [letter] = letters
    assert.ok(letter)
    assert.ok(!letter.html.includes('<script'))
    assert.ok(letter.text.includes('\n> Ticket TCK-000042 is solved\n'))
    assert.ok(!/^Ticket TCK/m.test(letter.text))
  })
})
