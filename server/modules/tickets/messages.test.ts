import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Answer, Person } from '#tests/test-app'
import type { Message } from './message-schemas.ts'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'what is said at a ticket', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  const post = async (id: string, body: object, by: Person = desk.agent): Promise<Answer> =>
    await desk.ask('POST', `${TICKETS}/${id}/messages`, { token: by.token, body })
  const say = async (id: string, text: string, by: Person = desk.agent): Promise<Message> => {
    const { status, text: answer, body } = await post(id, { text }, by)
    assert.equal(status, 201, answer)
    return body
  }
  const textsOf = async (id: string, by: Person): Promise<string[]> => {
    const { body } = await desk.ask('GET', `${TICKETS}/${id}/messages`, { token: by.token })
    return body.data.map(({ text }: Message) => text)
  }

  it('D8 is read by all who see the ticket, oldest first, and notes by the desk only', async () => {
    const { id, number } = await desk.openTicket()
    await say(id, ' Kami periksa ')
    await post(id, { kind: 'note', text: 'Sudah tua' })
    const answer = await say(id, 'Terima kasih', desk.customer)
    assert.deepEqual(await textsOf(id, desk.agent), ['Kami periksa', 'Sudah tua', 'Terima kasih'])
    assert.deepEqual(await textsOf(number, desk.customer), ['Kami periksa', 'Terima kasih'])
    assert.deepEqual(
      [answer.kind, answer.author_id, answer.ticket_id, answer.files],
      ['reply', desk.customer.id, id, []],
    )
    assert.notEqual(answer.author_name, '')
    const told = await desk.db
      .selectFrom('outbox')
      .select(['type', 'record_version', 'data'])
      .where('subject', '=', `ticket_message/${answer.id}`)
      .execute()
    assert.deepEqual(
      told.map(({ type, record_version: version, data }) => [type, version, JSON.parse(data).text]),
      [['ticket.replied', 1, 'Terima kasih']],
    )
  })

  it('D8 is not for strangers, for whom the ticket is not there', async () => {
    const { id } = await desk.openTicket()
    const url = `${TICKETS}/${id}/messages`
    const { token } = desk.stranger
    for (const wrong of [url, `${TICKETS}/${NOBODY}/messages`]) {
      assert.equal((await desk.ask('GET', wrong, { token })).status, 404)
      assert.equal((await desk.ask('POST', wrong, { token, body: { text: 'Halo' } })).status, 404)
    }
    assert.deepEqual(await textsOf(id, desk.agent), [])
  })

  it('D8 is the response with the first reply of the desk, which opens a new ticket', async () => {
    const { id } = await desk.openTicket()
    await post(id, { kind: 'note', text: 'Lihat dulu' })
    await say(id, 'Halo?', desk.customer)
    const untouched = await desk.read(id)
    assert.deepEqual([untouched.status, untouched.first_responded_at, untouched.version], ['new', null, 1])
    desk.clock.advance(60_000)
    const first = await say(id, 'Kami datang')
    const responded = await desk.read(id)
    assert.deepEqual([responded.status, responded.first_responded_at], ['open', first.created_at])
    desk.clock.advance(60_000)
    await say(id, 'Besok')
    const later = await desk.read(id)
    assert.deepEqual([later.first_responded_at, later.version], [first.created_at, responded.version])
    const types = (await desk.eventsOf(id)).map(({ type }) => type)
    assert.deepEqual(types, ['ticket.created', 'ticket.status_changed'])
  })

  it('D8 is no response where those at the desk reply at their own ticket', async () => {
    const { id } = await desk.openTicket({}, desk.agent)
    await say(id, 'Saya lagi')
    const { status, first_responded_at: respondedAt } = await desk.read(id)
    assert.deepEqual([status, respondedAt], ['new', null])
  })

  it('D8 opens again what waited for the customer or was solved, when the customer replies', async () => {
    const moves = [
      [{ status: 'pending', pending_reason: 'customer' }, 'open'],
      [{ status: 'pending', pending_reason: 'vendor' }, 'pending'],
      [{ status: 'solved', solution: 'Diganti' }, 'open'],
    ] as const
    for (const [move, expected] of moves) {
      const { id } = await desk.openTicket()
      await desk.setStatus(id, move)
      await say(id, 'Dari petugas')
      assert.equal((await desk.read(id)).status, move.status)
      await say(id, 'Masih bocor', desk.customer)
      const { status, solution } = await desk.read(id)
      assert.deepEqual([status, solution], [expected, null], JSON.stringify(move))
    }
  })

  it('D8 moves nothing when somebody replies who only watches', async () => {
    const { id } = await desk.openTicket()
    await desk.ask('PUT', `${TICKETS}/${id}/watchers/${desk.stranger.id}`, { token: desk.agent.token })
    await desk.setStatus(id, { status: 'solved' })
    await say(id, 'Di tempat saya juga', desk.stranger)
    assert.equal((await desk.read(id)).status, 'solved')
    assert.equal((await desk.read(id, desk.stranger)).id, id)
  })

  it('D8 is refused where a ticket has ended, with its status', async () => {
    for (const statuses of [['cancelled'], ['solved', 'closed']]) {
      const { id } = await desk.openTicket()
      for (const status of statuses) await desk.setStatus(id, { status })
      for (const by of [desk.agent, desk.customer]) {
        const { status, body } = await post(id, { text: 'Halo' }, by)
        assert.deepEqual([status, body.code, body.current_status], [409, 'ticket_ended', statuses.at(-1)])
      }
      assert.deepEqual(await textsOf(id, desk.agent), [])
    }
  })

  it('D8 may be said of the version that was read only', async () => {
    const { id } = await desk.openTicket()
    const stale = await desk.ask('POST', `${TICKETS}/${id}/messages`, {
      token: desk.agent.token,
      body: { text: 'Halo' },
      headers: { 'if-match': '"9"' },
    })
    assert.equal(stale.status, 412)
  })

  it('D8 of the words that come with a move are announced as all others are', async () => {
    const { id } = await desk.openTicket()
    await desk.setStatus(id, { status: 'solved', solution: 'Diganti' })
    const { token } = desk.customer
    const reopened = await desk.ask('POST', `${TICKETS}/${id}/reopen`, { token, body: { comment: 'Belum' } })
    assert.equal(reopened.status, 200, reopened.text)
    const told = await desk.db
      .selectFrom('outbox')
      .select('data')
      .where('type', '=', 'ticket.replied')
      .orderBy('id')
      .execute()
    const ours = told.map(({ data }) => JSON.parse(data)).filter(({ ticket_id: ticketId }) => ticketId === id)
    assert.deepEqual(
      ours.map(({ kind, text }) => [kind, text]),
      [
        ['solution', 'Diganti'],
        ['reply', 'Belum'],
      ],
    )
  })

  it('D8 makes one response and one opening of replies that come at once', async () => {
    const { id } = await desk.openTicket()
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => post(id, { text: `Balasan ${index}` })),
    )
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201]))
    const { status, version } = await desk.read(id)
    assert.deepEqual([status, version], ['open', 2])
    assert.equal((await textsOf(id, desk.customer)).length, 8)
  })
})
