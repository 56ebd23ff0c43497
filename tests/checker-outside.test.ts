import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { Admin, Producer, stringSerializers } from '@platformatic/kafka'
import { sql } from 'kysely'
import type { BrokerLog, Message } from '#tests/checker/broker'
import { assertFound, type Copy, makeOriginal, type Original } from '#tests/checker/copies'
import type { LogRow } from '#tests/checker/evidence'
import type { JournalEntry } from '#tests/checker/journal'
import { readKafka } from '#tests/checker/kafka'
import { toMail } from '#tests/checker/mails'
import { readNats } from '#tests/checker/nats'

describe('the checker of what is outside', () => {
  let original: Original
  let at: Copy
  before(async () => {
    original = await makeOriginal()
  })
  after(async () => await original.remove())
  beforeEach(async () => {
    at = await original.copy()
  })
  afterEach(async () => await at.close())

  it('finds what never came to a broker, came changed, came from nothing or came out of order', async () => {
    const keeping = (name: 'nats' | 'kafka', messages: readonly Message[]): BrokerLog[] => [
      { name, messages, carries: () => true, isTruncated: false },
    ]
    const whole = at.log
      .toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))
      .map((row, offset) => toMessage(at.installation, row, offset))
    const change = (index: number, fields: object): Message[] =>
      whole.map((message, place) =>
        place === index
          ? { ...message, body: JSON.stringify({ ...JSON.parse(message.body), ...fields }) }
          : message,
      )
    assertFound(await at.examine({ brokers: keeping('nats', whole) }))
    assertFound(await at.examine({ brokers: keeping('nats', [...whole, ...whole]) }))
    assertFound(await at.examine({ brokers: keeping('nats', whole.slice(0, -1)) }), 'I3-message')
    assertFound(await at.examine({ brokers: keeping('nats', change(3, { recordversion: 77 })) }), 'I4')
    assertFound(await at.examine({ brokers: keeping('nats', change(3, { data: {} })) }), 'I4')
    assertFound(
      await at.examine({ brokers: keeping('nats', change(3, { id: randomUUID() })) }),
      'I3-message',
      'I4',
    )
    const reversed = whole.toReversed().map((message, offset) => ({ ...message, offset }))
    assertFound(await at.examine({ brokers: keeping('nats', reversed) }), 'I5')
    const strange = { channel: 'KARYA', lane: '', offset: 900, messageId: null, body: 'hello' }
    assertFound(await at.examine({ brokers: keeping('nats', [...whole, strange]) }), 'I4')
    const scattered = whole.map((message, index) => ({ ...message, lane: `/${index % 2}` }))
    assertFound(await at.examine({ brokers: keeping('kafka', scattered) }), 'I5')
  })

  it('finds what others announced and nobody here took, or took from nowhere', async () => {
    const source = '/karya/0190a000-0000-7000-8000-000000000000'
    const announce = (id: string, type: string): Message => {
      const event = { id, source, type, subject: `machine/${id}`, time: new Date().toISOString(), data: {} }
      const body = JSON.stringify({ ...event, position: 1, recordversion: 1 })
      return { channel: 'KARYA', lane: '', offset: 0, messageId: id, body }
    }
    const [told, untold] = [randomUUID(), randomUUID()]
    const messages = [announce(told, 'machine.created'), announce(untold, 'notification.created')]
    const broker = { name: 'nats' as const, messages, carries: () => false, isTruncated: false }
    assertFound(await at.examine({ brokers: [broker] }), 'I3-inbox')
    for (const id of [told, untold]) {
      const rest = `'${id}', 'machine/${id}', '${source.slice(7)}', 1, 1, 1, 1`
      await at.change(
        `insert into inbox (consumer, event_id, subject, source, position, received_at, handled_at, attempts)
         values ('activity', ${rest}), ('webhooks', ${rest})`,
      )
    }
    assertFound(await at.examine({ brokers: [broker] }), 'I3-effect')
    await at.change(
      `insert into foreign_events select event_id, source, 1, 'machine.created', subject, 1, '{}', null, 1
       from inbox where event_id = '${told}' and consumer = 'activity'`,
    )
    assertFound(await at.examine({ brokers: [broker] }))
    assertFound(await at.examine(), 'I3-effect', 'I4')
  })

  it('finds orders without a mail, with two, and mails about nothing', async () => {
    const { rows: orders } = await sql<{ number: string }>`select number from orders`.execute(at.db)
    const mails = orders.map(({ number }) => toMail(eml(randomUUID(), `Pesanan ${number} diterima`)))
    const [first] = mails
    assert.ok(first)
    assertFound(await at.examine({ mails }))
    assertFound(await at.examine({ mails: [...mails, first] }))
    assertFound(await at.examine({ mails: mails.slice(1) }), 'I3-effect')
    assertFound(await at.examine({ mails: [...mails, { ...first, messageId: 'another' }] }), 'I3-effect')
    assertFound(await at.examine({ mails: [...mails, toMail(eml(randomUUID(), 'ORD-NOBODY'))] }), 'I4')
  })

  it('finds an order that was acknowledged and lost, made twice for a key, or that nobody asked for', async () => {
    const { rows: orders } = await sql<{ id: string }>`select id from orders`.execute(at.db)
    const journal = orders.map(({ id }): JournalEntry => ({ key: `k-${id}`, status: 201, id }))
    const [one, two, ...others] = journal
    assert.ok(one && two)
    const broken = { key: two.key, status: null, id: null }
    assertFound(await at.examine({ journal: [broken, ...journal, ...journal] }))
    assertFound(await at.examine({ journal: [one, broken, ...others] }))
    assertFound(
      await at.examine({ journal: [...journal, { ...one, key: 'k-lost', id: randomUUID() }] }),
      'I1',
    )
    assertFound(await at.examine({ journal: [one, { ...two, key: one.key }, ...others] }), 'I1')
    assertFound(await at.examine({ journal: [...journal, { ...one, key: 'k-shared' }] }), 'I1')
    assertFound(await at.examine({ journal: [one, ...others] }), 'I1')
  })

  it('is a program that says each violation and ends with 1, or 0 without any', async () => {
    const journal = join(at.folder, 'journal.jsonl')
    const { rows: orders } = await sql<{ id: string }>`select id from orders`.execute(at.db)
    await writeFile(
      journal,
      orders.map(({ id }) => `${JSON.stringify({ key: id, status: 201, id })}\n`).join('') + '{"key":"cut o',
    )
    const run = async (...more: readonly string[]): Promise<{ code: number; stdout: string }> => {
      const program = [
        'tests/support/checker/main.ts',
        '--database',
        `sqlite:${at.file}`,
        '--journal',
        journal,
      ]
      const args = [
        ...program,
        '--consumers',
        'people,toy=product.*',
        '--timer-effects',
        'toy_endings',
        ...more,
      ]
      return await promisify(execFile)(process.execPath, args).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error: unknown) => ({
          code: Number(error instanceof Error && Reflect.get(error, 'code')),
          stdout: String(error instanceof Error && Reflect.get(error, 'stdout')),
        }),
      )
    }
    const clean = await run()
    assert.match(clean.stdout, /^0 violations$/m)
    assert.equal(clean.code, 0)
    await at.change(`update products set stock = stock + 1 where name = 'Gula Aren'`)
    const faulty = await run()
    assert.match(faulty.stdout, /^I2 {2}the ledger of the product \S+ does not sum to its stock$/m)
    assert.match(faulty.stdout, /^1 violations$/m)
    assert.equal(faulty.code, 1)
    assert.equal((await run('--mail-log', join(at.folder, 'nothing'))).code, 2)
  })
})

const { TEST_NATS_URL = '', TEST_KAFKA_BROKERS = '' } = process.env

describe('the checker at NATS', { skip: TEST_NATS_URL === '' && 'TEST_NATS_URL not set' }, () => {
  it('reads everything that a stream keeps, in its order, and sees when the oldest is gone', async () => {
    const stream = `CHECKER_${randomUUID().slice(0, 8)}`
    const connection = await connect({ servers: TEST_NATS_URL })
    const manager = await jetstreamManager(connection)
    try {
      await manager.streams.add({ name: stream, subjects: [`${stream}.>`] })
      assert.deepEqual((await readNats({ servers: [TEST_NATS_URL], stream })).messages, [])
      for (let index = 1; index <= 5; index += 1) {
        await jetstream(connection).publish(`${stream}.x`, `body ${index}`, { msgID: `id ${index}` })
      }
      const { messages, isTruncated } = await readNats({ servers: [TEST_NATS_URL], stream })
      assert.deepEqual(
        messages.map(({ offset, messageId, body }) => [offset, messageId, body]),
        [1, 2, 3, 4, 5].map((index) => [index, `id ${index}`, `body ${index}`]),
      )
      assert.equal(isTruncated, false)
      await manager.streams.purge(stream, { seq: 4 })
      const rest = await readNats({ servers: [TEST_NATS_URL], stream })
      assert.equal(rest.messages.length, 2)
      assert.equal(rest.isTruncated, true)
    } finally {
      await manager.streams.delete(stream)
      await connection.close()
    }
  })
})

describe('the checker at Kafka', { skip: TEST_KAFKA_BROKERS === '' && 'TEST_KAFKA_BROKERS not set' }, () => {
  it('reads everything that topics keep, partition by partition', async () => {
    const topics = ['a', 'b', 'empty'].map((name) => `checker-${randomUUID().slice(0, 8)}-${name}`)
    const brokers = TEST_KAFKA_BROKERS.split(',')
    const client = { clientId: 'karya-test', bootstrapBrokers: brokers }
    const admin = new Admin(client)
    const producer = new Producer({ ...client, serializers: stringSerializers })
    try {
      await admin.createTopics({ topics, partitions: 2, replicas: 1 })
      const sent = topics
        .slice(0, 2)
        .flatMap((topic) =>
          ['k1', 'k2', 'k3'].flatMap((key) => [1, 2].map((n) => ({ topic, key, value: `${key} ${n}` }))),
        )
      await producer.send({ messages: sent })
      const { messages, isTruncated } = await readKafka({ brokers, topics })
      assert.equal(isTruncated, false)
      assert.deepEqual(
        // A producer that is not idempotent may repeat what it sends to topics just made.
        [...new Set(messages.map(({ channel, body }) => `${channel} ${body}`))].toSorted(),
        sent.map(({ topic, value }) => `${topic} ${value}`).toSorted(),
      )
      for (const lane of Map.groupBy(messages, ({ channel, lane: name }) => channel + name).values()) {
        assert.deepEqual(
          lane.map(({ offset }) => offset),
          lane.map((_message, index) => index),
        )
      }
    } finally {
      await producer.close()
      await admin.deleteTopics({ topics })
      await admin.close()
    }
  })
})

function toMessage(installation: string, row: LogRow, offset: number): Message {
  const envelope = {
    specversion: '1.0',
    id: row.id,
    source: `/karya/${installation}`,
    type: row.type,
    subject: row.subject,
    time: row.occurred_at.toISOString(),
    data: JSON.parse(row.data),
    position: row.position,
    recordversion: row.record_version,
    ...(row.actor_id === null ? {} : { actorid: row.actor_id }),
    ...(row.traceparent === null ? {} : { traceparent: row.traceparent }),
  }
  return { channel: 'KARYA', lane: '', offset, messageId: row.id, body: JSON.stringify(envelope) }
}

function eml(id: string, text: string): string {
  return [
    `Message-ID: <${id}@karya.test>`,
    'Content-Type: multipart/alternative; boundary="b"',
    '',
    '--b',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(text).toString('base64'),
    '--b--',
    '',
  ].join('\r\n')
}
