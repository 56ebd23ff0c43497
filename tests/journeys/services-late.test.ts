import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { promisify } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, nanos } from '@nats-io/transport-node'
import { engines, onEach } from '#tests/backends'
import { createClient } from '#tests/client'
import { eventually } from '#tests/event-place'
import { signInAsAdministrator } from '#tests/journey'
import { type BrokerProcess, stoppableBrokers } from '#tests/load-carriers'
import { type Scene, setScene } from '#tests/load-journey'
import { startServerProcess } from '#tests/server-process'

const run = promisify(execFile)
const nats = stoppableBrokers.find(({ name }) => name === 'NATS')
/** `ENGINES=sqlite,postgres,mysql` for all. */
const ENGINES = (process.env['ENGINES'] ?? 'sqlite').split(',')
const chosen = engines
  .filter(({ engine }) => ENGINES.includes(engine))
  .map((backend) => ({ ...backend, missing: nats?.missing ?? backend.missing }))
const STREAM = 'KARYA'

onEach(chosen, 'a service that starts long after the other', (backend) => {
  let broker: BrokerProcess
  const undo: (() => Promise<unknown>)[] = []

  before(async () => {
    const started = await nats?.start()
    assert.ok(started)
    broker = started
    undo.push(broker.remove)
  })
  after(async () => {
    for (const step of undo.toReversed()) await step()
  })

  async function startService(modules: string): Promise<{ scene: Scene; url: string }> {
    const scene = await setScene(backend, { provide: async () => ({ ...broker, remove: async () => {} }) })
    undo.push(scene.remove)
    const server = await startServerProcess({ ...scene.environment, KARYA_MODULES: modules })
    undo.push(async () => {
      server.kill('SIGTERM')
      await server.ended
    })
    return { scene, url: server.url }
  }

  const handled = async ({ db }: Scene): Promise<number> =>
    (await db.selectFrom('inbox').select('event_id').where('handled_at', 'is not', null).execute()).length

  it('T5 T6 is told what NATS has forgotten when the other publishes again, which has no effect twice', async () => {
    const connection = await connect({ servers: [broker.environment['NATS_URL'] ?? ''] })
    undo.push(async () => await connection.close())
    const { streams } = await jetstreamManager(connection)
    // What is forgotten is a month old in life, and NATS knows no ids of it any more.
    await streams.add({ name: STREAM, subjects: ['karya.>'], duplicate_window: nanos(100) })
    const office = await startService('identity,people,activity')
    const client = createClient(office.url)
    undo.push(async () => client.close())
    const { token } = await signInAsAdministrator(client)
    const body = { name: 'Siti', email: 'siti@karya.test', password: 'correct horse battery' }
    const registered = await client.ask('/api/v1/auth/register', { method: 'POST', body })
    assert.equal(registered.status, 201, registered.text)
    const people = async ({ db }: Scene): Promise<string[]> => {
      const rows = await db
        .withTables<{ people: { email: string; version: number } }>()
        .selectFrom('people')
        .select('email')
        .where('version', '>', 0)
        .execute()
      return rows.map(({ email }) => email).toSorted()
    }
    const everybody = ['admin@karya.test', 'siti@karya.test']
    await eventually(
      async () => await people(office.scene),
      (known) => known.join() === everybody.join(),
    )
    const effects = await handled(office.scene)
    await streams.purge(STREAM)

    const tasks = await startService('tasks')
    const late = createClient(tasks.url)
    undo.push(async () => late.close())
    assert.equal((await late.ask('/api/v1/tasks', { token })).status, 200, 'the token is enough to come in')
    assert.deepEqual(await people(tasks.scene), [], 'nobody is told of who came long ago')
    const { stdout } = await run(process.execPath, ['server/main.ts', 'events', 'publish-again'], {
      env: { PATH: process.env['PATH'], NODE_ENV: 'test', ...office.scene.environment },
    })
    assert.match(stdout, /publishes the whole log to NATS once more/)
    await eventually(
      async () => await people(tasks.scene),
      (known) => known.join() === everybody.join(),
      30_000,
    )
    const { state } = await streams.info(STREAM)
    await eventually(
      async () =>
        (await office.scene.db.selectFrom('event_readers').selectAll().execute()).map(({ cursor }) => cursor),
      (cursors) => cursors.some((cursor) => cursor?.includes(`/${state.last_seq}/`) === true),
    )
    assert.equal(await handled(office.scene), effects, 'who knows the events already does nothing')
  })
})
