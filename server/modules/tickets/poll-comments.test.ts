import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { PASSWORD } from '#tests/test-app'
import { startTestDesk, TICKETS } from './test-desk.ts'
import { environmentFor } from './test-invgate.ts'
import {
  accountOf,
  becomes,
  messagesOf,
  openIncident,
  POLLING,
  roundsPass,
  STATUS,
  say,
  startPollingDesk,
} from './test-poll.ts'

onEach(engines, 'the talk that comes back from InvGate', (backend) => {
  it('D7 takes in what is said there once, and never shows the customer what is internal', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      desk.sim.agent.comment(incidentId, { message: '<p>Sudah <b>dipesan</b> &amp; dikirim.</p>' })
      desk.sim.agent.comment(incidentId, { message: '<p>Pelanggan cerewet</p>', isCustomerVisible: false })
      const read = await eventually(
        async () => await messagesOf(desk, id),
        (messages) => messages.length === 2,
      )
      assert.deepEqual(
        read.map(({ kind, text, author_id: author }) => [kind, text, author]),
        [
          ['reply', 'Sudah dipesan & dikirim.', null],
          ['note', 'Pelanggan cerewet', null],
        ],
      )
      assert.match(read[0]?.author_name ?? '', /^InvGate #\d+$/)
      const [said] = desk.sim.store.comments(incidentId)
      assert.equal(new Date(read[0]?.created_at ?? 0).getTime(), (said?.created_at ?? 0) * 1_000)
      // The first word of somebody else is the response, and the status is InvGate's to say.
      const ticket = await desk.read(id)
      assert.deepEqual([ticket.first_responded_at !== null, ticket.status], [true, 'new'])
      await roundsPass(desk, 2)
      assert.equal((await messagesOf(desk, id)).length, 2)
      assert.deepEqual(
        (await messagesOf(desk, id, desk.customer)).map(({ kind }) => kind),
        ['reply'],
      )
      assert.equal((await desk.read(id)).version, ticket.version)
      const told = await desk.db
        .selectFrom('outbox')
        .select(['type', 'data'])
        .where('type', 'in', ['ticket.replied', 'ticket.noted'])
        .orderBy('id')
        .execute()
      assert.deepEqual(told.map(({ type }) => type).toSorted(), ['ticket.noted', 'ticket.replied'])
      assert.ok(told.every(({ data }) => !data.includes('cerewet')))
      const journal = desk.sim.journal.entries.length
      await roundsPass(desk, 2)
      const asked = desk.sim.journal.entries.slice(journal).map(({ endpoint }) => endpoint)
      assert.deepEqual(new Set(asked), new Set(['incidents']))
    } finally {
      await desk.stop()
    }
  })

  it('D7 knows its own words again, however their delivery has ended', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await say(desk, id, { text: 'Kapan  <dibetulkan>?\n\nSudah lama.', by: desk.customer })
      // InvGate has it and we do not know.
      desk.sim.faults.add({ endpoint: 'incident.comment', method: 'POST', mode: 'reset_after_commit' })
      await say(desk, id, { text: 'Besok.', by: desk.agent })
      await eventually(
        async () => desk.sim.store.comments(incidentId).length,
        (count) => count === 2,
      )
      await eventually(
        async () => await desk.db.selectFrom('ticket_messages').select('invgate_key').execute(),
        (rows) => rows.every(({ invgate_key: key }) => key !== null),
      )
      await eventually(
        async () => {
          const { sync } = await desk.read(id)
          if (sync.state !== 'synced') desk.clock.advance(5_000)
          return sync.state
        },
        (state) => state === 'synced',
      )
      await say(desk, id, { text: 'Besok.', by: desk.agent })
      await eventually(
        async () => desk.sim.store.comments(incidentId).length,
        (count) => count === 3,
      )
      await roundsPass(desk, 2)
      const said = await messagesOf(desk, id)
      assert.deepEqual(
        said.map(({ text }) => text),
        ['Kapan  <dibetulkan>?\n\nSudah lama.', 'Besok.', 'Besok.'],
      )
      assert.equal(desk.sim.store.comments(incidentId).length, 3)
      const keys = await desk.db.selectFrom('ticket_messages').select('invgate_key').execute()
      assert.equal(new Set(keys.map(({ invgate_key: key }) => key)).size, 3)
    } finally {
      await desk.stop()
    }
  })

  it('D7 takes the solution with its words, and none where there are none', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      desk.sim.agent.solve(incidentId, '<p>Selang diganti.</p>')
      const solved = await becomes(desk, id, 'solved')
      assert.equal(solved.solution, 'Selang diganti.')
      assert.deepEqual(
        (await messagesOf(desk, id, desk.customer)).map(({ kind, text }) => [kind, text]),
        [['solution', 'Selang diganti.']],
      )
      desk.sim.agent.setStatus(incidentId, STATUS.open)
      assert.equal((await becomes(desk, id, 'open')).solution, null)
      desk.sim.agent.setStatus(incidentId, STATUS.solved)
      assert.equal((await becomes(desk, id, 'solved')).solution, null)
    } finally {
      await desk.stop()
    }
  })

  it('D7 takes no words for a solution that the bridge had to find itself', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await desk.setStatus(id, { status: 'solved' })
      await eventually(
        async () => desk.sim.store.comments(incidentId).length,
        (count) => count === 1,
      )
      await roundsPass(desk, 2)
      const { status, solution } = await desk.read(id)
      assert.deepEqual([status, solution], ['solved', null])
      assert.deepEqual(await messagesOf(desk, id), [])
    } finally {
      await desk.stop()
    }
  })

  it('D7 gives the ticket back to the desk when its customer has answered at InvGate', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id, incidentId } = await openIncident(desk)
      await desk.setStatus(id, { status: 'pending', pending_reason: 'customer' })
      await eventually(
        async () => desk.sim.store.findIncident(incidentId)?.status_id,
        (status) => status === STATUS.waiting,
      )
      const authorId = accountOf(desk, desk.customer)
      desk.sim.store.addComment(incidentId, { authorId, message: '<p>Ini fotonya.</p>' })
      const open = await becomes(desk, id, 'open')
      assert.equal(open.first_responded_at, null)
      const [answer] = await messagesOf(desk, id)
      assert.deepEqual([answer?.author_id, answer?.author_name], [desk.customer.id, 'A customer'])
      await roundsPass(desk)
      assert.equal((await desk.read(id)).status, 'open')
    } finally {
      await desk.stop()
    }
  })

  it('D7 takes nobody but its parties and the desk for who has spoken there, whoever has the account', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const body = { name: 'Bukan', email: 'agus@invgate.example', password: PASSWORD }
      const registered = await desk.ask('POST', '/api/v1/auth/register', { body })
      const accounts = async () =>
        await desk.db.selectFrom('invgate_users').select(['user_id', 'invgate_id']).execute()
      const linked = await eventually(accounts, (rows) =>
        [registered.body.user.id, desk.agent.id].every((id) =>
          rows.some((row) => row.user_id === id && row.invgate_id !== null),
        ),
      )
      const account = linked.find(({ user_id: id }) => id === registered.body.user.id)?.invgate_id
      const { id, incidentId } = await openIncident(desk)
      const comment = desk.sim.agent.comment(incidentId, { message: '<p>Sudah dikirim.</p>' })
      assert.equal(comment?.author_id, account)
      const authorId = accountOf(desk, desk.agent)
      desk.sim.store.addComment(incidentId, { authorId, message: '<p>Besok sampai.</p>' })
      const said = await eventually(
        async () => await messagesOf(desk, id),
        (messages) => messages.length === 2,
      )
      assert.deepEqual(
        said.map(({ author_id: author, author_name: name }) => [author, name]),
        [
          [null, `InvGate #${account}`],
          [desk.agent.id, 'A agent'],
        ],
      )
    } finally {
      await desk.stop()
    }
  })

  it('D7 takes in each comment once with two servers, and after a new start', async () => {
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    const first = await startPollingDesk(kept)
    const environment = { ...environmentFor(first.sim), ...POLLING }
    try {
      const { id, incidentId } = await openIncident(first)
      const second = await startTestDesk(kept, { environment })
      try {
        for (const count of [1, 2, 3]) {
          first.sim.agent.comment(incidentId, { message: `<p>${count}</p>` })
          await roundsPass(first)
        }
      } finally {
        await second.stop()
      }
      const third = await startTestDesk(kept, { environment })
      try {
        first.sim.agent.comment(incidentId, { message: '<p>4</p>' })
        const said = await eventually(
          async () => await messagesOf(third, id),
          (messages) => messages.length > 3,
        )
        assert.deepEqual(said.map(({ text }) => text).toSorted(), ['1', '2', '3', '4'])
        const { status } = await third.ask('GET', `${TICKETS}/${id}`, { token: third.agent.token })
        assert.equal(status, 200)
      } finally {
        await third.stop()
      }
    } finally {
      await first.stop()
      await place.remove()
    }
  })
})
