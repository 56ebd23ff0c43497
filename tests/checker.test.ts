import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { check } from '#tests/checker/check'
import { assertFound, type Copy, makeOriginal, type Original } from '#tests/checker/copies'
import type { Invariant } from '#tests/checker/violation'
import { makeWorld } from '#tests/checker/world'

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
describe('the checker of a database', () => {
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

  it('finds nothing in the whole database', async () => {
    assert.deepEqual(await at.examine(), [])
  })

  const faults: readonly [string, Invariant[], readonly string[]][] = [
    [
      'a change without an event',
      ['I3-event'],
      [`update categories set version = version + 1 where deleted_at is null`],
    ],
    [
      'an order without its event, lines and ledger',
      ['I2', 'I3-event'],
      [
        `insert into orders (id, number, user_id, user_email, status, total_minor, version, created_at, updated_at) select '${randomUUID()}', 'ORD-X', user_id, user_email, status, 5, 1, 1, 1 from orders limit 1`,
      ],
    ],
    [
      'an order that counts a payment which nobody confirmed',
      ['I2'],
      [`update orders set paid_minor = paid_minor - 1 where paid_minor > 0`],
    ],
    [
      'an order whose total is not what it is made of',
      ['I2'],
      [`update orders set shipping_minor = shipping_minor + 1 where id = (select min(id) from orders)`],
    ],
    [
      'an entry of the production log without its event',
      ['I2', 'I3-event'],
      [
        `insert into production_entries (id, work_order_id, kind, quantity, business_day, created_at) select '${randomUUID()}', id, 'good', 99, '2026-11-21', 1 from work_orders where product_id is null`,
      ],
    ],
    [
      'a reversal that takes back something else',
      ['I2'],
      [`update production_entries set quantity = quantity - 1 where reverses_id is not null`],
    ],
    [
      'time that runs at a work order on hold',
      ['I2'],
      [`update work_sessions set ended_at = null, end_cause = null, open_key = 'x'`],
    ],
    [
      'more announced as made than is in the production log',
      ['I2'],
      [`update work_demands set produced = produced + 1`],
    ],
    [
      'a component of which more was taken than the output needs',
      ['I2'],
      [`update work_order_materials set consumed = consumed + 1`],
    ],
    [
      'a change with two events',
      ['I3-event', 'I3-inbox'],
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
      ['I4', 'I3-inbox'],
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
      'an event that had its effect before an earlier one of its record',
      ['I5'],
      [
        `update inbox set handled_at = handled_at + 5000 where consumer = 'toy' and event_id in (select id from outbox where type = 'product.created')`,
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
    [
      'an order without its letter and its notice',
      ['I3-effect'],
      ['delete from deliveries', `delete from notifications where kind = 'order_created'`],
    ],
    [
      'a letter that never went out',
      ['I3-effect'],
      [`update deliveries set state = 'pending' where rowid = 1`],
    ],
    [
      'a notice of something that did not happen',
      ['I3-effect', 'I4'],
      [`update notifications set kind = 'order_shipped' where kind = 'order_paid'`],
    ],
    [
      'a task that is open past its end',
      ['I7'],
      [`update tasks set expires_at = 1 where status = 'in_progress'`],
    ],
    [
      'a task that expired before its end',
      ['I7'],
      [
        `update outbox set data = json_set(data, '$.expired_at', '2020-01-01T00:00:00.000Z') where type = 'task.expired'`,
      ],
    ],
    [
      'a task that expired twice',
      ['I3-inbox', 'I7'],
      [
        `insert into outbox select '${randomUUID()}', type, subject, record_version + 1, data, null, null, 1, (select max(position) + 1 from outbox) from outbox where type = 'task.expired'`,
        `update tasks set version = version + 1 where status = 'expired'`,
      ],
    ],
    [
      'a task that has expired and did not say so',
      ['I7'],
      [`update outbox set type = 'task.updated' where type = 'task.expired'`],
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
      await at.change(...statements)
      assertFound(await at.examine(), ...expected)
    })
  }

  it('takes what is not there yet for missing only when nothing is under way', async () => {
    await at.change(
      `update outbox set position = null where position = (select max(position) from outbox)`,
      `delete from inbox where event_id = (select id from outbox where position is null)`,
      `delete from inbox where consumer = 'toy' and event_id = (select max(event_id) from inbox where consumer = 'toy')`,
      `delete from toy_effects where event_id not in (select event_id from inbox where consumer = 'toy')`,
    )
    assertFound(await at.examine(), 'I3-position', 'I3-inbox')
    assertFound(await at.examine({ isSettled: false }))
  })

  it('finds consumers that should have been here', async () => {
    assertFound(await at.examine({ listeners: [{ name: 'nobody', types: ['*'] }] }), 'I3-inbox')
  })
})
