import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import { SETTLED_MS } from './deliver-attempt.ts'
import { pauseAfter } from './deliver-pauses.ts'
import { findNextDelivery } from './deliver-queries.ts'
import { TICKETS } from './test-desk.ts'
import { type BridgedDesk, startBridgedDesk } from './test-invgate.ts'

const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', category_id: 11 }
const COMMENT = 'incident.comment'
const PICTURE = samples['image/png']
// Nobody but the deliveries asks InvGate for anything.
const environment = { INVGATE_POLL_SECONDS: '3600' }

it('D4 waits for half a minute at most, unless InvGate itself asks for more', () => {
  for (let attempts = 1; attempts < 40; attempts += 1) {
    const ownMs = pauseAfter({ attempts, retryAfterMs: null })
    assert.ok(ownMs >= 1_500 && ownMs <= 37_500, `${ownMs} ms after ${attempts} attempts`)
  }
  assert.equal(pauseAfter({ attempts: 1, retryAfterMs: 120_000 }), 120_000)
})

onEach(engines, 'what is told InvGate of a ticket', (backend) => {
  const startDesk = async () => await startBridgedDesk(backend, { mode: 'deferred', environment })
  const say = async ({ ask, customer }: BridgedDesk, id: string, text: string) => {
    const answer = await ask('POST', `${TICKETS}/${id}/messages`, { token: customer.token, body: { text } })
    assert.equal(answer.status, 201, answer.text)
  }
  const deliveriesOf = async ({ db }: BridgedDesk, id: string) =>
    await db
      .selectFrom('invgate_deliveries')
      .select(['kind', 'state', 'attempts', 'sent_at'])
      .where('ticket_id', '=', id)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  const done = async (desk: BridgedDesk, id: string, count: number) =>
    await eventually(
      async () => await deliveriesOf(desk, id),
      (all) => all.filter(({ state }) => state === 'done').length === count,
    )
  const doneInTime = async (desk: BridgedDesk, id: string, count: number) =>
    await eventually(
      async () => {
        desk.clock.advance(5_000)
        return await deliveriesOf(desk, id)
      },
      (all) => all.filter(({ state }) => state === 'done').length === count,
    )
  const isSent = async (desk: BridgedDesk, endpoint: string) =>
    await eventually(
      async () => desk.sim.journal.of(endpoint, 'POST').length,
      (count) => count > 0,
    )

  it('D7 is said twice when somebody has said the same twice, also where nobody knows which comment is which', async () => {
    const desk = await startDesk()
    try {
      const { id } = await desk.openTicket(FIELDS)
      await done(desk, id, 1)
      // The first arrives, but cannot be looked for; the second never arrives.
      desk.sim.faults.add({ endpoint: COMMENT, method: 'GET', mode: 'status', status: 400 })
      await say(desk, id, 'Ada kabar?')
      await done(desk, id, 2)
      desk.sim.faults.add({ endpoint: COMMENT, method: 'POST', mode: 'reset_before' })
      await say(desk, id, 'Ada kabar?')
      await eventually(
        async () => await deliveriesOf(desk, id),
        (all) => (all[2]?.attempts ?? 0) > 0 && all[2]?.state === 'uncertain',
      )
      desk.clock.advance(SETTLED_MS)
      await done(desk, id, 3)
      const [incident] = desk.sim.store.incidents()
      const texts = desk.sim.store.comments(incident?.id ?? 0).map(({ message }) => message)
      assert.equal(texts.length, 2, texts.join())
    } finally {
      await desk.stop()
    }
  })

  it('D5 is left alone while the answer is still awaited', async () => {
    const desk = await startDesk()
    try {
      desk.sim.faults.add({ endpoint: 'incident', method: 'POST', mode: 'delay', delayMs: 3_000 })
      const { id } = await desk.openTicket(FIELDS)
      await isSent(desk, 'incident')
      // Each has the ticket's deliveries gone through at once.
      await say(desk, id, 'Satu lagi.')
      await say(desk, id, 'Dan ini.')
      const all = await done(desk, id, 3)
      assert.deepEqual(
        all.map(({ attempts }) => attempts),
        [1, 1, 1],
      )
      assert.equal(desk.sim.store.incidents().length, 1)
    } finally {
      await desk.stop()
    }
  })

  it('D4 keeps what InvGate last did while InvGate is spared', async () => {
    const desk = await startDesk()
    const errors = async () => {
      const rows = await desk.db.selectFrom('tickets').select(['id', 'sync_error']).execute()
      return new Map(rows.map((row) => [row.id, row]))
    }
    const attempts = async () =>
      await desk.db
        .selectFrom('invgate_deliveries')
        .select(['ticket_id', 'attempts'])
        .where('state', '!=', 'done')
        .execute()
    try {
      // From here on InvGate need not be asked who the customer is.
      const { id: first } = await desk.openTicket(FIELDS)
      await done(desk, first, 1)
      await desk.sim.goDown()
      for (let count = 0; count < 8; count += 1) await desk.openTicket(FIELDS)
      const before = await eventually(attempts, (all) => all.every(({ attempts: count }) => count > 0))
      const told = await eventually(errors, (all) =>
        [...all.values()].every((row) => row.id === first || row.sync_error !== null),
      )
      desk.clock.advance(40_000)
      await eventually(attempts, (all) =>
        all.every(({ ticket_id: id, attempts: count }) => {
          const earlier = before.find((row) => row.ticket_id === id)?.attempts ?? 0
          return count > earlier
        }),
      )
      const now = await errors()
      const failed = [...told].filter(([, row]) => row.sync_error?.startsWith('no connection') === true)
      assert.ok(failed.length > 0)
      for (const [id, row] of failed) assert.equal(now.get(id)?.sync_error, row.sync_error)
    } finally {
      await desk.stop()
    }
  })

  it('D5 counts the time in which it may still arrive from when it leaves', async () => {
    const desk = await startDesk()
    const slow = { endpoint: 'categories', mode: 'delay', delayMs: 2_000 } as const
    try {
      desk.sim.faults.add(slow)
      const { category_id: _, ...fields } = FIELDS
      const { id } = await desk.openTicket(fields)
      const [create] = await done(desk, id, 1)
      const [asked] = desk.sim.journal.of('categories')
      assert.ok(asked, 'the categories were not asked for')
      assert.ok((create?.sent_at?.getTime() ?? 0) >= asked.at.getTime() + slow.delayMs)
    } finally {
      await desk.stop()
    }
  })

  it('D4 is made before anything is said of it, also where the clock of who has said it is behind', async () => {
    const desk = await startDesk()
    try {
      await desk.sim.goDown()
      const { id } = await desk.openTicket(FIELDS)
      await say(desk, id, 'Ada kabar?')
      const behind = new Date(desk.clock.now().getTime() - 3_600_000)
      await desk.db
        .updateTable('invgate_deliveries')
        .set({ created_at: behind })
        .where('ticket_id', '=', id)
        .where('kind', '=', 'comment')
        .execute()
      assert.equal((await findNextDelivery(desk.db, id))?.kind, 'create')
      await desk.sim.comeBack()
      await doneInTime(desk, id, 2)
      const [incident] = desk.sim.store.incidents()
      assert.equal(desk.sim.store.comments(incident?.id ?? 0).length, 1)
    } finally {
      await desk.stop()
    }
  })

  it('D7 goes on without a file that is lost, and waits with its reason for one that cannot be read yet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'karya-test-'))
    const desk = await startBridgedDesk(backend, {
      mode: 'deferred',
      environment: { ...environment, DATA_DIR: folder },
    })
    /** Sends a file while InvGate is away; answers where it is kept. */
    const attach = async (id: string, text: string) => {
      const form = formOf({ name: 'text', content: text }, { filename: 'bocor.png', content: PICTURE })
      const { statusCode, body } = await desk.app.http.inject({
        method: 'POST',
        url: `${TICKETS}/${id}/attachments`,
        headers: { ...form.headers, authorization: `Bearer ${desk.customer.token}` },
        payload: form.body,
      })
      assert.equal(statusCode, 201, body)
      const [file] = await desk.app.database.db
        .selectFrom('files')
        .select('id')
        .orderBy('id', 'desc')
        .execute()
      return join(folder, 'files', file?.id.slice(-2) ?? '', file?.id ?? '')
    }
    try {
      const { id } = await desk.openTicket(FIELDS)
      await done(desk, id, 1)
      await desk.sim.goDown()
      // Nothing of what follows is made ready to be sent while this waits.
      await say(desk, id, 'Lihat ini:')
      await rm(await attach(id, 'Hilang'))
      const path = await attach(id, 'Rusak')
      await rm(path)
      await mkdir(path)
      await desk.sim.comeBack()
      const reason = 'a file of the message cannot be read'
      const { sync } = await eventually(
        async () => {
          desk.clock.advance(5_000)
          return await desk.read(id)
        },
        (ticket) => ticket.sync.last_error === reason,
      )
      assert.notEqual(sync.state, 'synced')
      await done(desk, id, 3)
      await rm(path, { recursive: true })
      await writeFile(path, PICTURE)
      await doneInTime(desk, id, 4)
      const [incident] = desk.sim.store.incidents()
      assert.deepEqual(
        desk.sim.store
          .comments(incident?.id ?? 0)
          .map(({ message, attached_files: files }) => [message, files.length]),
        [
          ['<p>Lihat ini:</p>', 0],
          ['<p>Hilang</p>', 0],
          ['<p>Rusak</p>', 1],
        ],
      )
      assert.match(desk.logged(), /a file is lost/)
      assert.equal((await desk.read(id)).sync.state, 'synced')
    } finally {
      await desk.stop()
      await rm(folder, { recursive: true, force: true })
    }
  })

  it('D7 is done where InvGate refuses a move that somebody has made there, and nowhere else', async () => {
    const desk = await startDesk()
    try {
      const { id } = await desk.openTicket(FIELDS)
      await desk.setStatus(id, { status: 'solved', solution: 'Selang diganti.' })
      await done(desk, id, 2)
      const fault = {
        endpoint: 'incident.solution.accept',
        mode: 'status',
        status: 400,
        times: null,
      } as const
      desk.sim.faults.add(fault)
      const accepted = await desk.ask('POST', `${TICKETS}/${id}/accept`, {
        token: desk.customer.token,
        body: { rating: 5 },
      })
      assert.equal(accepted.status, 200, accepted.text)
      const becomes = async (state: string) =>
        await eventually(
          async () => await desk.read(id),
          ({ sync }) => sync.state === state,
        )
      await becomes('failed')
      const [incident] = desk.sim.store.incidents()
      desk.sim.agent.setStatus(incident?.id ?? 0, 6)
      const retried = await desk.ask('POST', `${TICKETS}/${id}/sync/retry`, { token: desk.agent.token })
      assert.equal(retried.status, 200, retried.text)
      const { status, rating, sync } = await becomes('synced')
      assert.deepEqual([status, rating, sync.last_error], ['closed', 5, null])
      assert.equal(desk.sim.journal.of('incident.solution.accept', 'PUT').length, 2)
    } finally {
      await desk.stop()
    }
  })
})
