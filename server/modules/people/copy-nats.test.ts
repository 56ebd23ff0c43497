import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { after, before, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import fc from 'fast-check'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestService, type TestService } from '#tests/people-service'
import { arrange, history, lastWord, seePerson, tell } from './test-histories.ts'

/** How many histories: `TEST_PEOPLE_RUNS=200`. */
const RUNS = Math.ceil(Number(process.env['TEST_PEOPLE_RUNS'] ?? 15) / 3)
const LONGEST_PAUSE_MS = 20
const url = process.env['TEST_NATS_URL'] ?? ''
const backends = engines.map((backend) => ({
  ...backend,
  missing: url === '' ? 'TEST_NATS_URL not set; see node tools/services.mjs env' : backend.missing,
}))

onEach(backends, 'the copy of the users over NATS', (backend) => {
  let service: TestService
  let connection: NatsConnection
  const streamName = `TEST_${randomBytes(6).toString('hex')}`

  before(async () => {
    connection = await connect({ servers: [new URL(url).host] })
    service = await startTestService(backend, { NATS_URL: url, NATS_STREAM: streamName })
    const { streams } = await jetstreamManager(connection)
    await eventually(
      async () =>
        await streams.info(streamName).then(
          () => true,
          () => false,
        ),
      (isThere) => isThere,
    )
  })
  after(async () => {
    await service.stop()
    const { streams } = await jetstreamManager(connection)
    await streams.delete(streamName).catch(() => {})
    await connection.close()
  })

  it('T5 ends as identity has it, however shuffled, repeated and delayed its events are', async () => {
    const arrivals = fc.record({
      all: fc.array(history, { minLength: 1, maxLength: 4 }),
      /** In milliseconds, before one event after the other. */
      pauses: fc.array(fc.nat(LONGEST_PAUSE_MS), { minLength: 1, maxLength: 8 }),
    })
    await fc.assert(
      fc.asyncProperty(arrivals, async ({ all, pauses }) => {
        const told = all.map((each) => ({ events: tell(each), arrivals: each.arrivals }))
        // Those of several users travel at once, each at a pace of its own.
        await Promise.all(
          told.map(async ({ events, arrivals: places }, user) => {
            for (const [index, event] of arrange(events, places).toReversed().entries()) {
              await delay(pauses[(index + user) % pauses.length])
              // Without the id by which NATS would drop the repeats.
              connection.publish(`${streamName.toLowerCase()}.${event.type}`, JSON.stringify(event))
            }
          }),
        )
        await connection.flush()
        for (const { events } of told) {
          const last = lastWord(events.at(-1))
          const id = String(Reflect.get(last, 'id'))
          await eventually(
            async () => await countHandled(id),
            (count) => count === events.length,
          )
          assert.deepEqual(await seePerson(service.db, id), last)
        }
      }),
      { numRuns: RUNS },
    )
  })

  async function countHandled(id: string): Promise<number> {
    const rows = await service.db
      .selectFrom('inbox')
      .select('event_id')
      .where('consumer', '=', 'people')
      .where('subject', '=', `user/${id}`)
      .where('handled_at', 'is not', null)
      .execute()
    return rows.length
  }
})
