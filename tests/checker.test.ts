import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { sql } from 'kysely'
import { type Database, openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { backends, engines, onEach } from '#tests/backends'
import type { BrokerLog, Message } from '#tests/checker/broker'
import { check, type Subject } from '#tests/checker/check'
import { gather, type LogRow } from '#tests/checker/evidence'
import type { JournalEntry } from '#tests/checker/journal'
import { toMail } from '#tests/checker/mails'
import type { Violation } from '#tests/checker/violation'
import { makeWorld, type World } from '#tests/checker/world'

const log = createLog({ level: 'silent' })
const pool = { max: 2, idleMs: 1_000, lifetimeMs: 60_000, acquireTimeoutMs: 5_000 }

onEach(engines, 'the checker', (backend) => {
  it('finds nothing wrong where every kind of record was made, changed and ended', async () => {
    const { app, place } = await makeWorld(backend)
    try {
      assert.deepEqual(await check({ environment: place.environment }), [])
    } finally {
      await app.stop()
    }
  })
})

/** Each fault is made by hand in a copy of a database in which nothing is wrong. */
describe('the checker', () => {
  let folder: string
  let file: string
  let world: World
  let database: Database
  let rows: readonly LogRow[]
  let installation: string

  before(async () => {
    const [embedded] = backends
    assert.ok(embedded)
    folder = await mkdtemp(join(tmpdir(), 'karya-checker-'))
    world = await makeWorld(embedded)
    const { db } = world.app
    await sql`create table toy_effects (event_id text)`.execute(db)
    await sql`create table toy_endings (kind text, subject text, due_at integer)`.execute(db)
    await sql`insert into event_consumers values ('toy', 0)`.execute(db)
    await sql`
      insert into inbox (consumer, event_id, subject, source, position, received_at, handled_at, attempts)
      select 'toy', o.id, o.subject, i.id, o.position, 0, 0, 1 from outbox o, installation i
      where o.type like 'product.%'`.execute(db)
    await sql`insert into toy_effects select event_id from inbox where consumer = 'toy'`.execute(db)
    await sql`insert into toy_endings values ('toy.end', 'a', 1), ('toy.end', 'a', 2)`.execute(db)
    await sql`vacuum into ${sql.lit(join(folder, 'whole.db'))}`.execute(db)
    await world.app.stop()
  })
  after(async () => await rm(folder, { recursive: true, force: true }))

  beforeEach(async () => {
    file = join(folder, `${randomUUID()}.db`)
    await copyFile(join(folder, 'whole.db'), file)
    database = await openDatabase({ address: { engine: 'sqlite', file }, pool, log })
    const evidence = await gather(database.db, { isSettled: true })
    rows = evidence.log
    installation = evidence.installation ?? ''
  })
  afterEach(async () => await database.close())

  const toys = {
    listeners: [{ name: 'toy', types: ['product.*'] }],
    effects: [{ consumer: 'toy', table: 'toy_effects', event: 'event_id' }],
    timerEffects: 'toy_endings',
  }

  async function examine(more: Omit<Subject, 'environment'> = {}): Promise<readonly Violation[]> {
    return await check({ environment: { DATABASE_URL: `sqlite:${file}` }, ...toys, ...more })
  }

  async function break_(...statements: readonly string[]): Promise<void> {
    for (const statement of statements) await sql`${sql.raw(statement)}`.execute(database.db)
  }

  function assertFound(
    violations: readonly Violation[],
    ...expected: readonly Violation['invariant'][]
  ): void {
    const found = [...new Set(violations.map(({ invariant }) => invariant))].toSorted()
    assert.deepEqual(found, expected.toSorted(), JSON.stringify(violations, null, 1))
  }

  it('finds nothing in the whole database', async () => {
    assert.deepEqual(await examine(), [])
  })

  const faults: readonly [string, Violation['invariant'][], readonly string[]][] = [
    [
      'a change without an event',
      ['I3-event'],
      [`update categories set version = version + 1 where deleted_at is null`],
    ],
    [
      'an order without its event, lines and ledger',
      ['I2', 'I3-event'],
      [
        `insert into orders select '${randomUUID()}', 'ORD-X', user_id, user_email, status, 5, null, 1, 1, 1 from orders limit 1`,
      ],
    ],
    [
      'a change with two events',
      ['I3-event'],
      [
        `insert into outbox select '${randomUUID()}', type, subject, record_version, data, null, null, 1, (select max(position) + 1 from outbox) from outbox where type = 'category.deleted' limit 1`,
      ],
    ],
    [
      'an event of a version that is not committed',
      ['I4', 'I3-inbox'],
      [
        `insert into outbox select '${randomUUID()}', 'product.updated', subject, 99, data, null, null, 1, (select max(position) + 1 from outbox) from outbox where type = 'product.created' limit 1`,
      ],
    ],
    [
      'an event of a record that is not there',
      ['I4'],
      [
        `insert into outbox values ('${randomUUID()}', 'category.created', 'category/${randomUUID()}', 1, '{}', null, null, 1, (select max(position) + 1 from outbox))`,
      ],
    ],
    [
      'an event without a position',
      ['I3-position'],
      [`update outbox set position = null where position = (select max(position) from outbox)`],
    ],
    [
      'a gap in the positions',
      ['I3-position'],
      [`update outbox set position = position + 1 where position = (select max(position) from outbox)`],
    ],
    [
      'a position given twice',
      ['I3-position', 'I5'],
      [`drop index outbox_position_key`, `update outbox set position = 9 where position > 9`],
    ],
    [
      'events of a record out of order',
      ['I5'],
      [
        `update outbox set record_version = 5 - record_version where type in ('category.updated', 'category.deleted')`,
      ],
    ],
    [
      'an event that a consumer never got',
      ['I3-inbox', 'I4'],
      [
        `delete from inbox where consumer = 'toy' and position = (select max(position) from inbox where consumer = 'toy')`,
      ],
    ],
    [
      'an event that a consumer got and never handled',
      ['I3-inbox', 'I4'],
      [
        `update inbox set handled_at = null, due_at = 1 where consumer = 'toy' and position = (select max(position) from inbox where consumer = 'toy')`,
      ],
    ],
    [
      'an inbox row for an event that nobody wrote',
      ['I4', 'I3-effect'],
      [
        `insert into inbox (consumer, event_id, subject, source, position, received_at, handled_at, attempts) values ('toy', '${randomUUID()}', 'product/x', 'x', 1, 1, 1, 1)`,
      ],
    ],
    [
      'an inbox that took an event twice',
      ['I3-inbox', 'I3-effect'],
      [
        `create table copy as select * from inbox`,
        `insert into copy select * from copy where consumer = 'toy' limit 1`,
        `drop table inbox`,
        `alter table copy rename to inbox`,
        `insert into toy_effects select event_id from inbox where consumer = 'toy' limit 1`,
      ],
    ],
    [
      'a consumer that the checker knows nothing of',
      ['I3-inbox'],
      [`insert into event_consumers values ('stranger', 0)`],
    ],
    ['an effect that was lost', ['I3-effect'], [`delete from toy_effects where rowid = 1`]],
    [
      'an effect that came twice',
      ['I3-effect'],
      [`insert into toy_effects select event_id from toy_effects limit 1`],
    ],
    ['an effect of nothing', ['I4'], [`insert into toy_effects values ('${randomUUID()}')`]],
    [
      'a copy of a user that is older than the last event',
      ['I3-effect'],
      [`update people set name = 'Somebody', version = version - 1 where disabled_at is not null`],
    ],
    ['a copy of a user that is missing', ['I3-effect'], [`delete from people where disabled_at is not null`]],
    [
      'a negative stock',
      ['I2'],
      ['pragma ignore_check_constraints = on', `update products set stock = -1 where name = 'Gula Aren'`],
    ],
    [
      'a ledger that does not sum to the stock',
      ['I2'],
      [`update products set stock = stock + 1 where name = 'Gula Aren'`],
    ],
    [
      'an order without its lines',
      ['I2'],
      [
        'pragma foreign_keys = off',
        `delete from order_lines where order_id = (select id from orders limit 1)`,
      ],
    ],
    [
      'an order that took nothing from the stock',
      ['I2', 'I3-event'],
      [
        `update products set stock = stock - (select quantity from stock_entries where kind = 'sale' and product_id = products.id limit 1) where name = 'Kopi Gayo'`,
        `delete from stock_entries where kind = 'sale' and product_id = (select id from products where name = 'Kopi Gayo')`,
      ],
    ],
    ['a timer that ended twice', ['I7'], [`insert into toy_endings select * from toy_endings limit 1`]],
    [
      'a table of records that the checker knows nothing of',
      ['I3-event'],
      ['create table machines (id text, version integer)'],
    ],
  ]
  for (const [title, expected, statements] of faults) {
    it(`finds ${title}`, async () => {
      await break_(...statements)
      assertFound(await examine(), ...expected)
    })
  }

  it('takes what is not there yet for missing only when nothing is under way', async () => {
    await break_(
      `update outbox set position = null where position = (select max(position) from outbox)`,
      `delete from inbox where consumer = 'toy' and event_id = (select max(event_id) from inbox where consumer = 'toy')`,
      `delete from toy_effects where event_id not in (select event_id from inbox)`,
    )
    assertFound(await examine(), 'I3-position', 'I3-inbox')
    assertFound(await examine({ isSettled: false }))
  })

  it('finds consumers that should have been here', async () => {
    assertFound(await examine({ listeners: [{ name: 'nobody', types: ['*'] }] }), 'I3-inbox')
  })

  it('finds what never came to a broker, came changed, came from nothing or came out of order', async () => {
    const at = (name: 'nats' | 'kafka', messages: readonly Message[]): BrokerLog[] => [
      { name, messages, carries: () => true, isTruncated: false },
    ]
    const whole = rows.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0)).map(toMessage)
    const change = (index: number, fields: object): Message[] =>
      whole.map((message, place) =>
        place === index
          ? { ...message, body: JSON.stringify({ ...JSON.parse(message.body), ...fields }) }
          : message,
      )
    assertFound(await examine({ brokers: at('nats', whole) }))
    assertFound(await examine({ brokers: at('nats', [...whole, ...whole]) }))
    assertFound(await examine({ brokers: at('nats', whole.slice(0, -1)) }), 'I3-message')
    assertFound(await examine({ brokers: at('nats', change(3, { recordversion: 77 })) }), 'I4')
    assertFound(await examine({ brokers: at('nats', change(3, { data: {} })) }), 'I4')
    assertFound(await examine({ brokers: at('nats', change(3, { id: randomUUID() })) }), 'I3-message', 'I4')
    const reversed = whole.toReversed().map((message, offset) => ({ ...message, offset }))
    assertFound(await examine({ brokers: at('nats', reversed) }), 'I5')
    const strange = { channel: 'KARYA', lane: '', offset: 900, messageId: null, body: 'hello' }
    assertFound(await examine({ brokers: at('nats', [...whole, strange]) }), 'I4')
    const scattered = whole.map((message, index) => ({ ...message, lane: `/${index % 2}` }))
    assertFound(await examine({ brokers: at('kafka', scattered) }), 'I5')
  })

  it('finds orders without a mail, with two, and mails about nothing', async () => {
    const { rows: orders } = await sql<{ number: string }>`select number from orders`.execute(database.db)
    const mails = orders.map(({ number }) => toMail(eml(randomUUID(), `Pesanan ${number} diterima`)))
    const [first] = mails
    assert.ok(first)
    assertFound(await examine({ mails }))
    assertFound(await examine({ mails: [...mails, first] }))
    assertFound(await examine({ mails: mails.slice(1) }), 'I3-effect')
    assertFound(await examine({ mails: [...mails, { ...first, messageId: 'another' }] }), 'I3-effect')
    assertFound(await examine({ mails: [...mails, toMail(eml(randomUUID(), 'ORD-NOBODY'))] }), 'I4')
  })

  it('finds an order that was acknowledged and lost, made twice for a key, or that nobody asked for', async () => {
    const { rows: orders } = await sql<{ id: string }>`select id from orders`.execute(database.db)
    const journal = orders.map(({ id }): JournalEntry => ({ key: `k-${id}`, status: 201, id }))
    const [one, two, ...others] = journal
    assert.ok(one && two)
    const broken = { key: two.key, status: null, id: null }
    assertFound(await examine({ journal: [broken, ...journal, ...journal] }))
    assertFound(await examine({ journal: [one, broken, ...others] }))
    assertFound(await examine({ journal: [...journal, { ...one, key: 'k-lost', id: randomUUID() }] }), 'I1')
    assertFound(await examine({ journal: [one, { ...two, key: one.key }, ...others] }), 'I1')
    assertFound(await examine({ journal: [...journal, { ...one, key: 'k-shared' }] }), 'I1')
    assertFound(await examine({ journal: [one, ...others] }), 'I1')
  })

  it('is a program that says each violation and ends with 1, or 0 without any', async () => {
    const journal = join(folder, 'journal.jsonl')
    const { rows: orders } = await sql<{ id: string }>`select id from orders`.execute(database.db)
    await writeFile(
      journal,
      orders.map(({ id }) => `${JSON.stringify({ key: id, status: 201, id })}\n`).join('') + '{"key":"cut o',
    )
    const run = async (...more: readonly string[]): Promise<{ code: number; stdout: string }> => {
      const program = ['tests/support/checker/main.ts', '--database', `sqlite:${file}`, '--journal', journal]
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
    await break_(`update products set stock = stock + 1 where name = 'Gula Aren'`)
    const faulty = await run()
    assert.match(faulty.stdout, /^I2 {2}the ledger of the product \S+ does not sum to its stock$/m)
    assert.match(faulty.stdout, /^1 violations$/m)
    assert.equal(faulty.code, 1)
    assert.equal((await run('--mail-log', join(folder, 'nothing'))).code, 2)
  })

  function toMessage(row: LogRow, offset: number): Message {
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
})
