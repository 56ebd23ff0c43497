import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { backends, engines, onEach } from '#tests/backends'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'opening tickets', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  const create = async (body: unknown, by = desk.customer, headers: Record<string, string> = {}) =>
    await desk.ask('POST', TICKETS, { token: by.token, body, headers })

  it('D1 answers 201 with the whole ticket, and announces it', async () => {
    const { status, headers, body } = await create({
      title: '  Mesin kopi bocor ',
      description: 'Air menetes\ndari bawah.',
      type_id: 1,
      category_id: 42,
      priority_id: 3,
    })
    assert.equal(status, 201)
    assert.match(body.number, /^TCK-\d{6}$/)
    assert.equal(headers['location'], `${TICKETS}/${body.id}`)
    assert.equal(headers['etag'], '"1"')
    const { id, number, created_at: createdAt, updated_at: updatedAt, ...rest } = body
    assert.deepEqual(rest, {
      inv_gate_id: null,
      title: 'Mesin kopi bocor',
      description: 'Air menetes\ndari bawah.',
      source_id: 2,
      creator_id: desk.customer.id,
      customer_id: desk.customer.id,
      category_id: 42,
      type_id: 1,
      priority_id: 3,
      status: 'new',
      pending_reason: null,
      pending_until: null,
      creator_email: desk.customer.email,
      assignee_id: null,
      group_id: null,
      tags: [],
      watcher_ids: [],
      solution: null,
      merged_into_id: null,
      rating: null,
      rating_comment: null,
      first_responded_at: null,
      solved_at: null,
      closed_at: null,
      sync: { state: 'local', attempts: 0, last_error: null },
      version: 1,
    })
    assert.equal(createdAt, updatedAt)
    const [event, ...others] = await desk.eventsOf(id)
    assert.deepEqual(others, [])
    assert.equal(event?.type, 'ticket.created')
    const deadlines = await desk.deadlinesOf(id)
    assert.ok(deadlines.first_response_due_at)
    assert.ok(deadlines.resolution_due_at)
    assert.deepEqual(event?.data, { ticket_id: id, ...body, ...deadlines })
    assert.equal((await desk.read(number)).id, id)
    assert.deepEqual(
      await desk.db
        .selectFrom('ticket_spans')
        .select(['status', 'ended_at', 'actor_id'])
        .where('ticket_id', '=', id)
        .execute(),
      [{ status: 'new', ended_at: null, actor_id: desk.customer.id }],
    )
  })

  it('D1 refuses an empty or missing title or description in one sentence', async () => {
    const whole = { title: 'Judul', description: 'Isi' }
    for (const body of [
      {},
      { title: 'Judul' },
      { description: 'Isi' },
      { ...whole, title: '' },
      { ...whole, title: ' \t' },
      { ...whole, title: null },
      { ...whole, description: '' },
      { ...whole, description: '\n' },
      { title: '', description: '' },
    ]) {
      const answer = await create(body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.equal(answer.body.error, 'title and description are required')
      assert.equal(answer.body.detail, answer.body.error)
      assert.equal(answer.body.code, 'title_and_description_required')
      assert.ok(answer.body.errors.length > 0)
    }
    for (const body of [
      { ...whole, title: 5 },
      { ...whole, title: 'x'.repeat(301) },
      { title: 'x', colour: 'red' },
      { ...whole, priority_id: 6 },
      { ...whole, source_id: 'web' },
    ]) {
      const answer = await create(body)
      assert.equal(answer.status, 400, JSON.stringify(body))
      assert.equal(answer.body.code, 'invalid_input', answer.text)
    }
  })

  it('D1 refuses what is not JSON with its sentence, at the alias as well', async () => {
    for (const url of [TICKETS, '/api/tickets']) {
      for (const body of ['{', '{"title":', '']) {
        const answer = await desk.ask('POST', url, { token: desk.customer.token, body })
        assert.equal(answer.status, 400)
        assert.equal(answer.body.error, 'invalid JSON body')
      }
    }
  })

  it('D1 I7 needs somebody who is signed in', async () => {
    const answer = await desk.ask('POST', TICKETS, { body: { title: 'a', description: 'b' } })
    assert.equal(answer.status, 401)
    assert.equal(answer.body.error, 'missing authorization header')
  })

  it('D1 takes 0 for an id as none', async () => {
    const ticket = await desk.openTicket(
      { source_id: 0, category_id: 0, type_id: 0, priority_id: 0, creator_id: 0, customer_id: 0 },
      desk.agent,
    )
    const { source_id, category_id, type_id, priority_id, creator_id, customer_id } = ticket
    assert.deepEqual([source_id, category_id, type_id, priority_id], [2, null, null, 2])
    assert.deepEqual([creator_id, customer_id], [desk.agent.id, desk.agent.id])
  })

  it('D1 takes what an API token opens as from an API', async () => {
    const { body } = await desk.ask('POST', '/api/v1/tokens', {
      token: desk.customer.token,
      body: { name: 'Robot', permissions: ['tickets:create'] },
    })
    const ticket = await desk.openTicket({}, { ...desk.customer, token: body.token })
    assert.equal(ticket.source_id, 8)
  })

  it('D1 lets the desk open a ticket for somebody else by id, e-mail or InvGate id, and nobody else', async () => {
    const { customer, stranger, agent } = desk
    await desk.db
      .insertInto('invgate_users')
      .values({
        user_id: stranger.id,
        invgate_id: 77,
        state: 'linked',
        attempts: 1,
        last_error: null,
        updated_at: new Date(),
      })
      .execute()
    const partiesOf = async (fields: object, by = agent) => {
      const ticket = await desk.openTicket(fields, by)
      assert.equal(ticket.creator_email, by.email)
      return [ticket.creator_id, ticket.customer_id]
    }
    assert.deepEqual(await partiesOf({ creator_id: customer.id }), [customer.id, customer.id])
    assert.deepEqual(await partiesOf({ customer_id: customer.email.toUpperCase() }), [agent.id, customer.id])
    assert.deepEqual(await partiesOf({ customer_id: 77 }), [agent.id, stranger.id])
    assert.deepEqual(await partiesOf({ creator_id: '77', customer_id: customer.id }), [
      stranger.id,
      customer.id,
    ])
    const foreign = { creator_id: stranger.id, customer_id: 'nobody@karya.test' }
    assert.deepEqual(await partiesOf(foreign, customer), [customer.id, customer.id])
    for (const name of [NOBODY, 78, '78', 'nobody@karya.test', 'garbage'])
      for (const field of ['creator_id', 'customer_id']) {
        const answer = await create({ title: 'a', description: 'b', [field]: name }, agent)
        assert.equal(answer.status, 400, answer.text)
        assert.deepEqual(
          answer.body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
          [[`/${field}`, 'unknown_person']],
        )
      }
  })

  it('C6 the same key opens one ticket and replays its answer', async () => {
    const body = { title: 'Sekali', description: 'Saja' }
    const headers = { 'idempotency-key': 'once-only' }
    const [first, again] = [
      await create(body, desk.customer, headers),
      await create(body, desk.customer, headers),
    ]
    assert.equal(again.headers['idempotent-replayed'], 'true')
    assert.equal(again.text, first.text)
  })
})

onEach(backends, 'the numbers of tickets', (backend) => {
  it('D1 have no gaps and no doubles when many come at once', async () => {
    const desk = await startTestDesk(backend)
    try {
      const answers = await Promise.all(
        Array.from(
          { length: 16 },
          async (_, index) =>
            await desk.ask('POST', TICKETS, {
              token: desk.customer.token,
              body: { title: `Tiket ${index}`, description: 'Serentak' },
            }),
        ),
      )
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
      assert.deepEqual(
        answers.map(({ body }) => body.number).toSorted(),
        Array.from({ length: 16 }, (_, index) => `TCK-${String(index + 1).padStart(6, '0')}`),
      )
    } finally {
      await desk.stop()
    }
  })
})
