import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import process from 'node:process'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { assertOrdered, carriedEvents, collect, idsOf, keepTrying } from '#tests/carrier-scene'
import { createLog } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import type { EventEnvelope } from './envelope.ts'
import { createKafkaCarrier } from './kafka.ts'

const broker = process.env['TEST_KAFKA_BROKERS'] ?? ''
const place = { clientId: 'karya-test', bootstrapBrokers: broker.split(',') }

type Opening = {
  readonly service?: string
  readonly topics?: readonly string[]
  readonly carries?: 'everything' | 'named topics'
}

describe('Kafka', { skip: broker === '' && 'TEST_KAFKA_BROKERS not set', timeout: 120_000 }, () => {
  let operator: Admin
  let topicPrefix: string
  let common: string
  let lines: string[]
  let carriers: Carrier[]

  before(() => {
    operator = new Admin(place)
  })
  after(async () => await operator.close())
  beforeEach(() => {
    topicPrefix = `test-${randomBytes(6).toString('hex')}.`
    common = `${topicPrefix}karya.events`
    lines = []
    carriers = []
  })
  afterEach(async () => {
    await Promise.all(carriers.map(async (carrier) => await carrier.close()))
    const topics = await existing()
    if (topics.length > 0) await operator.deleteTopics({ topics })
  })

  function open({
    service = randomUUID(),
    topics = ['order_created'],
    carries = 'everything',
  }: Opening = {}): Carrier {
    const destination = { write: (line: string) => void lines.push(line) }
    const log = createLog({ level: 'info', destination })
    const brokers = broker.split(',')
    const carrier = createKafkaCarrier({ brokers, topics, carries, service, log, topicPrefix })
    carriers.push(carrier)
    return carrier
  }

  async function publish(carrier: Carrier, events: readonly EventEnvelope[]): Promise<void> {
    await keepTrying(async () => await carrier.publish(events))
  }

  async function existing(): Promise<string[]> {
    return (await operator.listTopics()).filter((name) => name.startsWith(topicPrefix)).toSorted()
  }

  /** The topics' messages as a program gets them that is not ours, in the order of each partition. */
  async function readAsOutsider(topic: string, count: number) {
    const consumer = new Consumer<string, string, string, string>({
      ...place,
      groupId: `${topicPrefix}${randomUUID()}`,
      deserializers: stringDeserializers,
      maxWaitTime: 100,
    })
    try {
      const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false })
      const messages = []
      for await (const { key, value, headers, partition } of stream) {
        messages.push({ key, value, headers: Object.fromEntries(headers), partition })
        if (messages.length === count) break
      }
      return messages
    } finally {
      await consumer.close(true)
    }
  }

  /** Writes to the topic of all events as somebody does who is not one of us. */
  async function intrude(values: readonly string[]): Promise<void> {
    const intruder = new Producer<string, string, string, string>({
      ...place,
      serializers: stringSerializers,
    })
    await intruder.send({
      messages: values.map((value) => ({ topic: common, key: 'order/1', value })),
      acks: -1,
    })
    await intruder.close()
  }

  it('E2 E4 carries the envelopes whole to every service, each record in its order', async () => {
    const [one, other] = [open(), open()]
    const events = carriedEvents(600)
    await publish(one, events)
    for (const carrier of [one, other]) {
      const received: EventEnvelope[] = []
      await collect(carrier, {
        count: events.length,
        deliver: async (batch) => void received.push(...batch.events),
      })
      assertOrdered(idsOf(received), events)
      assert.deepEqual(received.toSorted(byPosition), events)
    }
    assert.equal(one.state(), 'up')
  })

  it('E2 has order_created in a topic of its own as well, for programs that are not ours', async () => {
    const carrier = open()
    const events = carriedEvents(40).map((event) => ({ ...event, traceparent: '00-1-2-03' }))
    await publish(carrier, events)
    const orders = events.filter(({ type }) => type === 'order_created')
    const messages = await readAsOutsider(`${topicPrefix}order_created`, orders.length)
    const received = messages.map(({ value }) => JSON.parse(value))
    assert.deepEqual(received.toSorted(byPosition), orders)
    for (const [index, { key, headers }] of messages.entries()) {
      const { id, type, subject } = received[index]
      assert.deepEqual(
        [key, headers],
        [
          subject,
          {
            'content-type': 'application/cloudevents+json; charset=UTF-8',
            ce_id: id,
            ce_type: type,
            traceparent: '00-1-2-03',
          },
        ],
      )
    }
    assert.deepEqual(await existing(), [common, `${topicPrefix}order_created`])
    assertOrdered((await collect(carrier, { count: 40 })).ids, events)
  })

  it('E2 carries the named topics only beside another broker, and is not read then', async () => {
    const topics = ['order_created', 'task.expired']
    const carrier = open({ topics, carries: 'named topics' })
    const events = carriedEvents(20)
    await publish(carrier, events)
    await carrier.publish(events.filter(({ type }) => type === 'user.registered'))
    assert.deepEqual(
      await existing(),
      topics.map((topic) => `${topicPrefix}${topic}`),
    )
    const messages = await readAsOutsider(`${topicPrefix}order_created`, 10)
    assert.deepEqual(
      messages.map(({ value }) => JSON.parse(value)).toSorted(byPosition),
      events.filter(({ type }) => type === 'order_created'),
    )
    const reading = { from: null, signal: AbortSignal.timeout(5_000), deliver: async () => {} }
    await assert.rejects(carrier.read(reading), TypeError)
  })

  it('E2 creates its topics with six partitions that are kept for thirty days', async () => {
    await keepTrying(open().store)
    const { topics } = await operator.metadata({ topics: [common] })
    assert.equal(topics.get(common)?.partitionsCount, 6)
    const [described] = await operator.describeConfigs({
      resources: [{ resourceType: 2, resourceName: common, configurationKeys: ['retention.ms'] }],
    })
    assert.equal(described?.configs[0]?.value, String(30 * 24 * 60 * 60 * 1_000))
  })

  it('E2 leaves a topic alone that an operator has set up', async () => {
    await operator.createTopics({ topics: [common], partitions: 2 })
    const carrier = open()
    const events = carriedEvents(50)
    await publish(carrier, events)
    const { ids, cursor } = await collect(carrier, { count: 50 })
    assertOrdered(ids, events)
    assert.equal(JSON.parse(cursor ?? '').next.length, 2)
  })

  it('E2 has several processes create the topics at once', async () => {
    const stores = await Promise.all(
      Array.from({ length: 6 }, async () => await keepTrying(open({ topics: ['a', 'b'] }).store)),
    )
    assert.equal(new Set(stores).size, 1)
  })

  it('E1 repeats what is published again after an interruption, in its order', async () => {
    const carrier = open()
    const events = carriedEvents(300)
    await publish(carrier, events.slice(0, 200))
    await carrier.publish(events)
    assertOrdered((await collect(carrier, { count: 300 })).ids, events)
  })

  it('E1 carries more at once than Kafka takes as one batch', async () => {
    const carrier = open()
    const events = carriedEvents(200, { size: 20_000 })
    await publish(carrier, events)
    assertOrdered((await collect(carrier, { count: 200 })).ids, events)
  })

  it('E1 stores nothing of a record after an event that was refused, and all when it is published again', async () => {
    const configs = [{ name: 'max.message.bytes', value: '50000' }]
    await operator.createTopics({ topics: [common], partitions: 2, configs })
    const carrier = open({ topics: [] })
    const [early, large, later] = [carriedEvents(5), carriedEvents(1, { size: 600_000 }), carriedEvents(5)]
    const events = [...early, ...large, ...later]
    await keepTrying(carrier.store)
    await assert.rejects(carrier.publish(events), /did not store/)
    assert.equal(carrier.state(), 'up')
    const { ids } = await collect(carrier, { count: 5 })
    assert.deepEqual(ids.toSorted(), idsOf(early).toSorted())

    await operator.incrementalAlterConfigs({
      resources: [
        {
          resourceType: 2,
          resourceName: common,
          configs: [{ name: 'max.message.bytes', configOperation: 0, value: '5000000' }],
        },
      ],
    })
    await publish(carrier, events)
    assertOrdered((await collect(carrier, { count: 11 })).ids, events)
  })

  it('E1 goes on after the cursor, and delivers again what took no effect', async () => {
    const carrier = open()
    const events = carriedEvents(450)
    await publish(carrier, events.slice(0, 150))
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
    assert.ok(seen > 0 && seen <= 200)
    const second = await collect(carrier, { from: first.cursor, count: 300 })
    assert.equal(second.ids.length, 300)
    assertOrdered([...first.ids, ...second.ids], events)
    assertOrdered((await collect(carrier, { from: null, count: 450 })).ids, events)
  })

  it('E1 gives a cursor with every batch by which nothing is skipped, wherever it stops', async () => {
    const carrier = open()
    const events = carriedEvents(900)
    await publish(carrier, events)
    const ids: string[] = []
    let cursor: string | null = null
    while (ids.length < events.length) {
      const stop = new AbortController()
      await carrier.read({
        from: cursor,
        signal: stop.signal,
        async deliver(batch) {
          ids.push(...idsOf(batch.events))
          cursor = batch.cursor
          stop.abort()
        },
      })
    }
    assert.equal(ids.length, events.length)
    assertOrdered(ids, events)
  })

  it('E2 shows an operator how far a service has got', async () => {
    const service = randomUUID()
    const carrier = open({ service })
    await publish(carrier, carriedEvents(7))
    const { cursor } = await collect(carrier, { count: 7 })
    await keepTrying(async () => {
      const [group] = await operator.listConsumerGroupOffsets({ groups: [`karya-${service}`] })
      const committed = group?.topics[0]?.partitions.map(({ committedOffset }) => Number(committedOffset))
      assert.equal(
        committed?.reduce((sum, offset) => sum + offset, 0),
        JSON.parse(cursor ?? '').next.reduce((sum: number, offset: number) => sum + offset, 0),
      )
    })
  })

  it('E4 passes over messages that are no events, and says so', async () => {
    const carrier = open()
    await keepTrying(carrier.store)
    const [first, last] = [carriedEvents(1), carriedEvents(1)]
    await carrier.publish(first)
    await intrude(['not even JSON', JSON.stringify({ ...carriedEvents(1)[0], id: 'not a UUID' })])
    await carrier.publish(last)
    const { ids } = await collect(carrier, { count: 2 })
    assert.deepEqual(ids.toSorted(), idsOf([...first, ...last]).toSorted())
    await keepTrying(async () => assert.ok(lines.some((line) => line.includes('no events'))))
  })

  it('E2 has everything published and read again when the topic was lost', async () => {
    const [carrier, reader] = [open(), open()]
    const lost = await keepTrying(carrier.store)
    await publish(carrier, carriedEvents(20))
    const { cursor } = await collect(reader, { count: 20 })
    await operator.deleteTopics({ topics: [common] })

    // More than before, so that the old offsets are among the new ones.
    const events = carriedEvents(90)
    await assert.rejects(carrier.publish(events))
    // Not before it was asked which topic it is now.
    await keepTrying(async () => await assert.rejects(carrier.publish(events), /another one than before/))
    const store = await carrier.store()
    assert.notEqual(store, lost)
    await publish(carrier, events)
    const { ids } = await keepTrying(async () => await collect(reader, { from: cursor, count: 90 }))
    assertOrdered(ids, events)
    assert.equal(await keepTrying(reader.store), store)
  })

  it('E2 notices a topic that was made anew before anything is written to it', async () => {
    const carrier = open({ topics: [] })
    const lost = await keepTrying(carrier.store)
    await operator.deleteTopics({ topics: [common] })
    await keepTrying(async () => await operator.createTopics({ topics: [common], partitions: 6 }))
    const events = carriedEvents(3)
    await assert.rejects(carrier.publish(events))
    const store = await keepTrying(async () => {
      const found = await carrier.store()
      assert.notEqual(found, lost)
      return found
    })
    await publish(carrier, events)
    const { ids, cursor } = await collect(carrier, { count: 3 })
    assertOrdered(ids, events)
    assert.equal(JSON.parse(cursor ?? '').store, store)
    assert.equal((await readAsOutsider(common, 3)).length, 3)
  })

  it('E1 reads from the first message on when Kafka does not have the next one, and says so', async () => {
    const carrier = open()
    const events = carriedEvents(30)
    await publish(carrier, events)
    const { cursor } = await collect(carrier, { count: 30 })
    const { store, next } = JSON.parse(cursor ?? '')
    const beyond = JSON.stringify({ store, next: next.map((offset: number) => offset + 10) })
    assertOrdered((await collect(carrier, { from: beyond, count: 30 })).ids, events)
    assert.ok(lines.some((line) => line.includes('does not have')))
    for (const nonsense of ['', '{}', 'null', '{"store":1,"next":[]}', JSON.stringify({ store, next: [-1] })])
      assertOrdered((await collect(carrier, { from: nonsense, count: 30 })).ids, events)
  })

  it('E2 goes on with the events of a topic that gets more partitions', async () => {
    const carrier = open({ topics: [] })
    const events = carriedEvents(10)
    await publish(carrier, events)
    const { cursor } = await collect(carrier, { count: 10 })
    await operator.createPartitions({ topics: [{ name: common, count: 8, assignments: null }] })
    const later = carriedEvents(50)
    await publish(carrier, later)
    const { ids } = await keepTrying(async () => await collect(carrier, { from: cursor, count: 50 }))
    assertOrdered(ids, later)
  })

  it('E1 has another process take over at once from a reader that was killed without leaving', async () => {
    const service = randomUUID()
    const carrier = open({ service })
    const events = carriedEvents(100)
    await publish(carrier, events)
    const module = import.meta.resolve('./kafka.ts')
    const program = `
      const { createKafkaCarrier } = await import(${JSON.stringify(module)})
      const log = { info() {}, warn() {} }
      const settings = ${JSON.stringify({ brokers: broker.split(','), topics: [], carries: 'everything', service, topicPrefix })}
      const carrier = createKafkaCarrier({ ...settings, log })
      while (carrier.state() !== 'up') await new Promise((resolve) => setTimeout(resolve, 10))
      const deliver = async () => { console.log('reading'); await new Promise(() => {}) }
      await carrier.read({ from: null, signal: new AbortController().signal, deliver })`
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data')
    child.kill('SIGKILL')
    await ended
    assertOrdered((await collect(carrier, { count: 100 })).ids, events)
  })

  it('F3 ends a reading at once when it is told to, and lets go of the connections', async () => {
    const carrier = open()
    await keepTrying(carrier.store)
    const stop = new AbortController()
    const reading = carrier.read({ from: null, signal: stop.signal, deliver: async () => {} })
    stop.abort()
    await reading
    await carrier.read({ from: null, signal: stop.signal, deliver: async () => {} })
    await carrier.close()
    assert.equal(carrier.state(), 'down')
    await assert.rejects(carrier.store())
    await assert.rejects(carrier.publish(carriedEvents(1)))
  })
})

function byPosition(one: { readonly position: number }, other: { readonly position: number }): number {
  return one.position - other.position
}
