import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { assertOrdered, carriedEvents, collect, idsOf, keepTrying } from '#tests/carrier-scene'
import { type KafkaProcess, kafkaMissing, startKafkaProcess } from '#tests/kafka-process'
import { createLog } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { createKafkaCarrier } from './kafka.ts'

/** What the carrier promises, and time for a busy machine. */
const REJECTS_WITHIN_MS = 11_000
const CLOSES_WITHIN_MS = 2_500
/** A broker takes some fifteen seconds to come back after it was killed. */
const BACK_WITHIN_MS = 90_000

const unhandled: unknown[] = []
for (const event of ['unhandledRejection', 'uncaughtExceptionMonitor'])
  process.on(event, (reason: unknown) => void unhandled.push(reason))

describe('a Kafka that fails', { skip: kafkaMissing ?? false, timeout: 600_000 }, () => {
  let kafka: KafkaProcess
  let carriers: Carrier[] = []
  let lines: string[] = []

  before(async () => {
    kafka = await startKafkaProcess({ isStarted: false })
  })
  after(async () => await kafka.remove())
  afterEach(async () => {
    kafka.resume()
    await Promise.all(carriers.map(async (carrier) => await carrier.close()))
    carriers = []
    lines = []
    assert.deepEqual(unhandled, [])
  })

  function open({
    brokers = [kafka.broker],
    topicPrefix = `${randomUUID()}.`,
    service = randomUUID(),
  }: {
    brokers?: readonly string[]
    topicPrefix?: string
    service?: string
  } = {}): Carrier {
    const log = createLog({ level: 'info', destination: { write: (line) => void lines.push(line) } })
    const topics = ['order_created']
    const carrier = createKafkaCarrier({ brokers, topics, carries: 'everything', service, log, topicPrefix })
    carriers.push(carrier)
    return carrier
  }

  async function becomes(carrier: Carrier, state: 'up' | 'down'): Promise<void> {
    await keepTrying(async () => assert.equal(carrier.state(), state), BACK_WITHIN_MS)
  }

  function told(): string[] {
    return lines.map((line) => JSON.parse(line).level)
  }

  it('E2 may be away when the program starts, and is taken up when it comes', async () => {
    const carrier = open()
    assert.equal(carrier.state(), 'down')
    const startedAt = performance.now()
    await assert.rejects(carrier.store())
    await assert.rejects(carrier.publish(carriedEvents(1)))
    await assert.rejects(
      carrier.read({ from: null, signal: new AbortController().signal, deliver: async () => {} }),
    )
    assert.ok(performance.now() - startedAt < REJECTS_WITHIN_MS)

    await kafka.start()
    await becomes(carrier, 'up')
    const events = carriedEvents(10)
    await carrier.publish(events)
    assertOrdered((await collect(carrier, { count: 10 })).ids, events)
    assert.deepEqual(told(), ['warn', 'info'])
  })

  it('E1 may be killed while events are published and read, and loses none nor their order', async () => {
    const topicPrefix = `${randomUUID()}.`
    const [carrier, reader] = [open({ topicPrefix }), open({ topicPrefix })]
    const store = await keepTrying(carrier.store)
    const events = carriedEvents(6_000)
    let published = 0
    const publishing = (async () => {
      for (; published < events.length; published += 100)
        await keepTrying(async () => {
          assert.equal(await carrier.store(), store)
          await carrier.publish(events.slice(published, published + 100))
          await delay(5)
        }, BACK_WITHIN_MS)
    })()
    const received: string[] = []
    const seen = new Set<string>()
    const enough = new AbortController()
    let cursor: string | null = null
    const reading = keepTrying(async () => {
      await reader.read({
        from: cursor,
        signal: enough.signal,
        async deliver(batch) {
          received.push(...idsOf(batch.events))
          for (const { id } of batch.events) seen.add(id)
          cursor = batch.cursor
          if (seen.size === events.length) enough.abort()
        },
      })
    }, 3 * BACK_WITHIN_MS)
    for (const target of [1_000, 4_000]) {
      await keepTrying(async () => assert.ok(published >= target), BACK_WITHIN_MS)
      await kafka.kill()
      await kafka.start()
    }
    await Promise.all([publishing, reading])
    assertOrdered(received, events)
    assertOrdered((await collect(carrier, { count: events.length })).ids, events)
  })

  it('E1 may hang: publishing is given up in time, and goes on in order when it answers again', async () => {
    const carrier = open()
    await keepTrying(carrier.store)
    const events = carriedEvents(1_000)
    await carrier.publish(events.slice(0, 100))
    const reading = carrier.read({ from: null, signal: AbortSignal.timeout(60_000), deliver: async () => {} })
    const readingEnd = assert.rejects(reading)

    kafka.pause()
    const startedAt = performance.now()
    await assert.rejects(carrier.publish(events.slice(100, 600)))
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs < REJECTS_WITHIN_MS, `it took ${tookMs} ms`)
    await readingEnd
    await becomes(carrier, 'down')
    const again = performance.now()
    await assert.rejects(carrier.publish(events.slice(100, 600)))
    assert.ok(performance.now() - again < REJECTS_WITHIN_MS)

    kafka.resume()
    await keepTrying(async () => await carrier.publish(events.slice(100, 600)), BACK_WITHIN_MS)
    await carrier.publish(events.slice(600))
    const { ids } = await keepTrying(async () => await collect(carrier, { count: 1_000 }), BACK_WITHIN_MS)
    assertOrdered(ids, events)
    assert.deepEqual(told(), ['warn', 'info'])
  })

  it('E2 tells a reading with nothing to read that the broker is lost', async () => {
    const carrier = open()
    await keepTrying(carrier.store)
    const reading = carrier.read({ from: null, signal: AbortSignal.timeout(60_000), deliver: async () => {} })
    kafka.pause()
    const startedAt = performance.now()
    await assert.rejects(reading)
    assert.ok(performance.now() - startedAt < REJECTS_WITHIN_MS)
    await becomes(carrier, 'down')
  })

  it('F3 closes in time while it hangs', async () => {
    const carrier = open()
    await keepTrying(carrier.store)
    const stop = new AbortController()
    const reading = carrier.read({ from: null, signal: stop.signal, deliver: async () => {} })
    kafka.pause()
    const publishing = assert.rejects(carrier.publish(carriedEvents(10)))
    await delay(100)
    stop.abort()
    const startedAt = performance.now()
    await Promise.all([reading, carrier.close(), publishing])
    assert.ok(performance.now() - startedAt < CLOSES_WITHIN_MS)
  })

  it('E2 finds the broker that answers among several', async () => {
    const carrier = open({ brokers: ['127.0.0.1:1', kafka.broker] })
    await becomes(carrier, 'up')
    await keepTrying(async () => await carrier.publish(carriedEvents(1)))
    assert.deepEqual(told(), [])
  })
})
