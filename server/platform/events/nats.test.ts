import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import process from 'node:process'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { connect, createInbox, type NatsConnection } from '@nats-io/transport-node'
import { carriedEvents, collect, idsOf, keepTrying } from '#tests/carrier-scene'
import { eventually } from '#tests/event-place'
import { createLog } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { createNatsCarrier } from './nats.ts'
import { parseNatsAddress } from './nats-address.ts'

const url = process.env['TEST_NATS_URL'] ?? ''

describe('the address of a NATS server', () => {
  it('F20 brings its own credentials and its own TLS', () => {
    const { host, port, options } = parseNatsAddress('tls://clerk:a%40b%3A1@broker.example:4333')
    assert.deepEqual({ host, port }, { host: 'broker.example', port: 4_333 })
    assert.deepEqual(options, { servers: ['broker.example:4333'], user: 'clerk', pass: 'a@b:1', tls: {} })
    assert.deepEqual(parseNatsAddress('nats://secret@10.0.0.1').options, {
      servers: ['10.0.0.1:4222'],
      token: 'secret',
    })
    assert.deepEqual(parseNatsAddress('nats://[::1]:4222').host, '::1')
  })
})

describe('NATS', { skip: url === '' && 'TEST_NATS_URL not set', timeout: 60_000 }, () => {
  let operator: NatsConnection
  let manager: JetStreamManager
  let streamName: string
  let lines: string[]
  let carriers: Carrier[]

  before(async () => {
    operator = await connect({ servers: [new URL(url).host] })
    manager = await jetstreamManager(operator)
  })
  after(async () => await operator.close())
  beforeEach(() => {
    streamName = `TEST_${randomBytes(6).toString('hex')}`
    lines = []
    carriers = []
  })
  afterEach(async () => {
    await Promise.all(carriers.map(async (carrier) => await carrier.close()))
    await manager.streams.delete(streamName).catch(() => {})
  })

  function open(service: string = randomUUID(), tokenMark = 'one-secret'): Carrier {
    const destination = { write: (line: string) => void lines.push(line) }
    const log = createLog({ level: 'info', destination })
    const carrier = createNatsCarrier({ servers: [url], service, tokenMark, log, streamName })
    carriers.push(carrier)
    return carrier
  }

  /** The ids of the messages in the stream, in its order. */
  async function stored(): Promise<string[]> {
    const { state } = await manager.streams.info(streamName)
    const ids: string[] = []
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(streamName, { seq })
      ids.push(message?.header.get('Nats-Msg-Id') ?? '')
    }
    return ids
  }

  it('E2 E4 carries the envelopes whole, in their order, to every service', async () => {
    const [one, other] = [open(), open()]
    const events = carriedEvents(600)
    await keepTrying(async () => await one.publish(events))
    for (const carrier of [one, other]) {
      const received: unknown[] = []
      await collect(carrier, {
        count: events.length,
        deliver: async (batch) => void received.push(...batch.events),
      })
      assert.deepEqual(received, events)
    }
    assert.equal(one.state(), 'up')
  })

  it('T6 says of a service that signs tokens with another secret, and of no other, that it is there', async () => {
    const events = carriedEvents(1)
    const known = [open('office'), open('tasks')]
    const [office] = known
    await keepTrying(async () => await office?.publish(events))
    for (const carrier of known) await collect(carrier, { count: 1, deliver: async () => {} })
    assert.doesNotMatch(lines.join(''), /another secret/)
    await collect(open('stranger', 'another'), { count: 1, deliver: async () => {} })
    await eventually(
      async () => lines.filter((line) => line.includes('another secret')).map((line) => JSON.parse(line)),
      (told) =>
        told
          .map(({ other_service: name }) => name)
          .toSorted()
          .join() === 'office,tasks',
    )
  })

  it('E2 says on which subject, and keeps the events for thirty days on disk', async () => {
    await open().publish(carriedEvents(2))
    const { config } = await manager.streams.info(streamName)
    const day = 24 * 60 * 60 * 1e9
    assert.deepEqual(
      [config.subjects, config.storage, config.retention, config.max_age, config.duplicate_window],
      [[`${streamName.toLowerCase()}.>`], 'file', 'limits', 30 * day, 120e9],
    )
    const message = await manager.streams.getMessage(streamName, { seq: 2 })
    assert.equal(message?.subject, `${streamName.toLowerCase()}.user.registered`)
  })

  it('E2 leaves a stream alone that an operator has set up', async () => {
    const subjects = [`${streamName.toLowerCase()}.>`]
    await manager.streams.add({ name: streamName, subjects, max_msgs: 5_000 })
    await open().publish(carriedEvents(3))
    const { config, state } = await manager.streams.info(streamName)
    assert.deepEqual([config.max_msgs, state.messages], [5_000, 3])
  })

  it('E2 has several processes create the stream at once', async () => {
    const stores = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const carrier = open()
        return await keepTrying(carrier.store)
      }),
    )
    assert.equal(new Set(stores).size, 1)
  })

  it('E1 stores an event once that is published again', async () => {
    const carrier = open()
    const events = carriedEvents(300)
    await carrier.publish(events.slice(0, 200))
    await carrier.publish(events)
    await open().publish(events)
    assert.deepEqual(await stored(), idsOf(events))
  })

  it('E1 stores nothing after an event that was refused, and all in order when it is published again', async () => {
    const subjects = [`${streamName.toLowerCase()}.>`]
    await manager.streams.add({ name: streamName, subjects, max_msg_size: 5_000 })
    const carrier = open()
    const [before, large, later] = [carriedEvents(40), carriedEvents(1, { size: 6_000 }), carriedEvents(40)]
    const events = [...before, ...large, ...later]
    await assert.rejects(carrier.publish(events), /did not store/)
    assert.deepEqual(await stored(), idsOf(before))
    assert.equal(carrier.state(), 'up')

    await manager.streams.update(streamName, { max_msg_size: -1 })
    await carrier.publish(events)
    assert.deepEqual(await stored(), idsOf(events))
  })

  it('E1 keeps the order of each service while several publish at once', async () => {
    const services = Array.from({ length: 3 }, () => ({ carrier: open(), events: carriedEvents(700) }))
    await Promise.all(
      services.map(async ({ carrier, events }) => {
        for (let at = 0; at < events.length; at += 350)
          await keepTrying(async () => await carrier.publish(events.slice(at, at + 350)))
      }),
    )
    const all = await stored()
    assert.equal(all.length, 2_100)
    for (const { events } of services) {
      const own = new Set(idsOf(events))
      assert.deepEqual(
        all.filter((id) => own.has(id)),
        idsOf(events),
      )
    }
  })

  it('E1 goes on after the cursor, and delivers again what took no effect', async () => {
    const carrier = open()
    const events = carriedEvents(450)
    await carrier.publish(events.slice(0, 150))
    const first = await collect(carrier, { count: 150 })
    await carrier.publish(events.slice(150))
    let seen = 0
    const refusal = new Error('the database is away')
    const failing = collect(carrier, {
      from: first.cursor,
      count: 300,
      async deliver(batch) {
        seen += batch.events.length
        throw refusal
      },
    })
    await assert.rejects(failing, refusal)
    assert.ok(seen > 0)
    const second = await collect(carrier, { from: first.cursor, count: 300 })
    assert.deepEqual([...first.ids, ...second.ids], idsOf(events))
    const all = await collect(carrier, { from: null, count: 450 })
    assert.deepEqual(all.ids, idsOf(events))
  })

  it('E2 shows an operator how far a service has got', async () => {
    const service = randomUUID()
    const carrier = open(service)
    await carrier.publish(carriedEvents(7))
    await collect(carrier, { count: 7 })
    const caughtUp = await keepTrying(async () => {
      const found = await manager.consumers.info(streamName, service)
      assert.equal(found.num_ack_pending, 0)
      return found
    })
    assert.deepEqual([caughtUp.num_pending, caughtUp.ack_floor.stream_seq], [0, 7])
    await carrier.publish(carriedEvents(4))
    assert.equal((await manager.consumers.info(streamName, service)).num_pending, 4)
  })

  it('E4 passes over messages that are no events, and says so', async () => {
    const carrier = open()
    await carrier.store()
    const [first, last] = [carriedEvents(1), carriedEvents(1)]
    const subject = `${streamName.toLowerCase()}.order_created`
    await carrier.publish(first)
    await operator.request(subject, 'not even JSON')
    await operator.request(subject, JSON.stringify({ ...carriedEvents(1)[0], id: 'not a UUID' }))
    await carrier.publish(last)
    const { ids } = await collect(carrier, { count: 2 })
    assert.deepEqual(ids, idsOf([...first, ...last]))
    assert.equal(lines.filter((line) => line.includes('no events')).length > 0, true)
  })

  it('E2 has everything published and read again when the stream was lost', async () => {
    const [carrier, reader] = [open(), open()]
    const lost = await carrier.store()
    await keepTrying(async () => await carrier.publish(carriedEvents(20)))
    const { cursor } = await collect(reader, { count: 20 })
    await manager.streams.delete(streamName)

    const events = carriedEvents(5)
    await assert.rejects(carrier.publish(events))
    const store = await keepTrying(async () => {
      const found = await carrier.store()
      assert.notEqual(found, lost)
      return found
    })
    await keepTrying(async () => await carrier.publish(events))
    const { ids } = await keepTrying(async () => await collect(reader, { from: cursor, count: 5 }))
    assert.deepEqual(ids, idsOf(events))
    assert.equal(await keepTrying(reader.store), store)
  })

  it('E2 publishes nothing into a new stream before it was asked which one it is', async () => {
    const carrier = open()
    const lost = await carrier.store()
    await manager.streams.delete(streamName)
    const events = carriedEvents(3)
    await assert.rejects(carrier.publish(events))
    await keepTrying(async () => {
      await assert.rejects(carrier.publish(events), /another one than before/)
    })
    assert.equal((await manager.streams.info(streamName)).state.messages, 0)
    assert.notEqual(await carrier.store(), lost)
    await carrier.publish(events)
  })

  it('E1 reads from the beginning when the server has given the numbers anew', async () => {
    const carrier = open()
    await carrier.publish(carriedEvents(3))
    const { cursor } = await collect(carrier, { count: 3 })
    assert.ok(cursor !== null)
    // As if the third message had been lost with the power, and another one stored in its place.
    const place = cursor.replace(/\d+$/, (timeMs) => String(Number(timeMs) - 60_000))
    assert.equal((await collect(carrier, { from: place, count: 3 })).ids.length, 3)
    // As if it had been lost and nothing had come since.
    const beyond = cursor.replace(/\/3\//, '/30/')
    assert.equal((await collect(carrier, { from: beyond, count: 3 })).ids.length, 3)
  })

  it('E1 has a reader fail rather than miss what another one of its name has got', async () => {
    const service = randomUUID()
    const carrier = open(service)
    const begun = Promise.withResolvers<void>()
    const received: string[] = []
    const reading = carrier.read({
      from: null,
      signal: AbortSignal.timeout(20_000),
      async deliver({ events }) {
        received.push(...idsOf(events))
        begun.resolve()
      },
    })
    const failing = assert.rejects(reading, /somebody else reads/)
    const events = carriedEvents(400)
    await carrier.publish(events.slice(0, 1))
    await begun.promise
    const next = `$JS.API.CONSUMER.MSG.NEXT.${streamName}.${service}`
    const inbox = createInbox()
    operator.subscribe(inbox, { callback: () => {} })
    // It gets what comes after the 200 that the reader has asked for.
    operator.publish(next, JSON.stringify({ batch: 10, expires: 10e9 }), { reply: inbox })
    await operator.flush()
    await carrier.publish(events.slice(1))
    await failing
    assert.deepEqual(received, idsOf(events).slice(0, received.length))
  })

  it('E1 ends the reading of a process that another one has taken over from', async () => {
    const service = randomUUID()
    const [stale, holder] = [open(service), open(service)]
    await keepTrying(async () => await holder.publish(carriedEvents(1)))
    const begun = Promise.withResolvers<void>()
    const staleReading = stale.read({
      from: null,
      signal: AbortSignal.timeout(20_000),
      deliver: async () => begun.resolve(),
    })
    const failing = assert.rejects(staleReading, /ended the reading/)
    await begun.promise
    await collect(holder, { count: 1 })
    await failing
  })

  it('F3 ends a reading at once when it is told to, and lets go of the connection', async () => {
    const carrier = open()
    await carrier.store()
    const stop = new AbortController()
    const reading = carrier.read({ from: null, signal: stop.signal, deliver: async () => {} })
    stop.abort()
    await reading
    await carrier.close()
    assert.equal(carrier.state(), 'down')
    await assert.rejects(carrier.store())
    await assert.rejects(carrier.publish(carriedEvents(1)))
  })
})
