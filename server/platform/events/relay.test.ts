import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import fc from 'fast-check'
import { engines, onEach } from '#tests/backends'
import {
  createEventPlace,
  createToyConsumer,
  type EventPlace,
  eventually,
  toyEvent,
} from '#tests/event-place'
import { createRedisKeyValue } from '../cache/redis.ts'
import { type Call, systemCall } from '../call.ts'
import { systemClock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { createLog } from '../telemetry/log.ts'
import { TRIES } from './failures.ts'
import { acquireLease, LeaseLostError, nameHolder, renewLease, requireLease } from './lease.ts'
import { readLog } from './log.ts'
import { sequenceEvents } from './sequence.ts'

const call: Call<unknown> = systemCall

onEach(engines, 'the relay', (backend) => {
  let at: EventPlace
  beforeEach(async () => {
    at = await createEventPlace(backend)
  })
  afterEach(async () => await at.remove())

  const takeLease = async (): Promise<number> => {
    const lease = await acquireLease({ db: at.database.db, clock: systemClock, holder: nameHolder() })
    assert.ok('token' in lease)
    return lease.token
  }
  const effectsOf = async (consumer: string) =>
    (await at.effects()).filter((row) => row.consumer === consumer)
  const expire = async () =>
    await at.db
      .updateTable('leases')
      .set({ until_at: new Date(0) })
      .execute()

  it('E1 gives every committed event the next position, and a rolled back one none', async () => {
    const token = await takeLease()
    await at.append(toyEvent('a/1', 1), toyEvent('a/2', 1))
    await at.appendInVain(toyEvent('a/3', 1))
    await at.append(toyEvent('a/1', 2))
    while ((await sequenceEvents({ db: at.database.db, token, limit: 2 })) > 0);
    const log = await readLog(at.database.db, { after: 0, limit: 100 })
    assert.deepEqual(
      log.map(({ position }) => position),
      log.map((_row, index) => index + 1),
    )
    assert.deepEqual(
      log.map(({ subject }) => subject),
      ['a/1', 'a/2', 'a/1'],
    )
  })

  it('E1 keeps the order of each record, whatever ids and clocks say and wherever a batch ends', async () => {
    const token = await takeLease()
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('r/1', 'r/2', 'r/3'), { minLength: 1, maxLength: 25 }),
        fc.integer({ min: 1, max: 7 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 0xffff })),
        async (subjects, limit, random) => {
          await at.db.deleteFrom('outbox').execute()
          const versions = new Map<string, number>()
          for (const subject of subjects) {
            const version = (versions.get(subject) ?? 0) + 1
            versions.set(subject, version)
            const jumble = Number(random.next().value).toString(16).padStart(4, '0')
            await at.db
              .insertInto('outbox')
              .values({
                id: `00000000-0000-7000-8000-${jumble}${crypto.randomUUID().slice(0, 8)}`,
                type: 'toy.changed',
                subject,
                record_version: version,
                data: '{}',
                actor_id: null,
                traceparent: null,
                occurred_at: new Date(),
                position: null,
              })
              .execute()
          }
          while ((await sequenceEvents({ db: at.database.db, token, limit })) > 0);
          const log = await readLog(at.database.db, { after: 0, limit: 1_000 })
          assert.equal(log.length, subjects.length)
          for (const rows of Map.groupBy(log, ({ subject }) => subject).values()) {
            assert.deepEqual(
              rows.map((row) => row.record_version),
              rows.map((_row, index) => index + 1),
            )
          }
        },
      ),
      { numRuns: 15 },
    )
  })

  it('E1 brings every event to every consumer that listens to it, once', async () => {
    await at.relay({
      consumers: [
        createToyConsumer({ name: 'all' }),
        createToyConsumer({ name: 'some', types: ['user.*', 'order_created'] }),
      ],
    })
    const types = ['user.registered', 'user.updated', 'order_created', 'order_paid', 'product.created']
    for (const [index, type] of types.entries()) await at.append(toyEvent(`x/${index}`, 1, type))
    const all = await eventually(at.effects, (rows) => rows.length >= 8)
    assert.equal(all.length, 8)
    assert.equal((await effectsOf('some')).length, 3)
    const inbox = await at.db.selectFrom('inbox').selectAll().execute()
    assert.equal(inbox.length, 8)
    assert.ok(inbox.every((row) => row.handled_at !== null && row.event === null && row.attempts === 1))
  })

  it('E1 lets a consumer that is new see what was before, and nobody else see it again', async () => {
    const first = await at.relay({ consumers: [createToyConsumer({ name: 'old' })] })
    for (let version = 1; version <= 5; version += 1) await at.append(toyEvent('x/1', version))
    await eventually(at.effects, (rows) => rows.length === 5)
    await first.stop()
    await at.relay({ consumers: [createToyConsumer({ name: 'old' }), createToyConsumer({ name: 'new' })] })
    await at.append(toyEvent('x/1', 6))
    await eventually(at.effects, (rows) => rows.length === 12)
    for (const name of ['old', 'new']) {
      assert.deepEqual(
        (await effectsOf(name)).map(({ version }) => version),
        [1, 2, 3, 4, 5, 6],
      )
    }
  })

  it('E1 has a failing event wait with those of its record behind it, and nothing else', async () => {
    let isBroken = true
    const consumer = createToyConsumer({
      name: 'fragile',
      before: ({ subject, recordversion }) => {
        if (isBroken && subject === 'x/bad' && recordversion === 1) throw new Error('not today')
      },
    })
    await at.relay({ consumers: [consumer, createToyConsumer({ name: 'sturdy' })] })
    await at.append(toyEvent('x/bad', 1), toyEvent('x/good', 1))
    await at.append(toyEvent('x/bad', 2), toyEvent('x/good', 2))
    await eventually(at.effects, (rows) => rows.length === 6)
    assert.deepEqual(
      (await effectsOf('fragile')).map(({ subject, version }) => `${subject} ${version}`),
      ['x/good 1', 'x/good 2'],
    )
    const waiting = await eventually(
      async () => await at.db.selectFrom('inbox').selectAll().where('due_at', 'is not', null).execute(),
      (rows) => rows.length === 2,
    )
    assert.match(waiting.map((row) => row.last_error).join(), /not today/)
    isBroken = false
    await eventually(at.effects, (rows) => rows.length === 8)
    assert.deepEqual(
      (await effectsOf('fragile')).filter(({ subject }) => subject === 'x/bad').map(({ version }) => version),
      [1, 2],
    )
  })

  it('parks what fails ten times, lets the next ones of the record go on, and handles it when it is replayed', async () => {
    let isBroken = true
    const consumer = createToyConsumer({
      name: 'fragile',
      before: ({ recordversion }) => {
        if (isBroken && recordversion === 1) throw new Error('never')
      },
    })
    await at.relay({ consumers: [consumer] })
    await at.append(toyEvent('x/1', 1), toyEvent('x/1', 2))
    const hurry = async () => {
      // Beside the retries themselves, so it may be given up for their sake.
      await transaction(at.database.db, call, async (trx) => {
        await trx
          .updateTable('inbox')
          .set({ due_at: new Date(0) })
          .where('attempts', '>', 0)
          .where('due_at', 'is not', null)
          .execute()
      })
      return await at.db.selectFrom('inbox').selectAll().where('parked_at', 'is not', null).execute()
    }
    const [parked] = await eventually(hurry, (rows) => rows.length === 1, 20_000)
    assert.equal(parked?.attempts, TRIES)
    await eventually(at.effects, (rows) => rows.length === 1)
    isBroken = false
    await at.db
      .updateTable('inbox')
      .set({ parked_at: null, due_at: new Date(), attempts: 0 })
      .where('parked_at', 'is not', null)
      .execute()
    await eventually(at.effects, (rows) => rows.length === 2)
  })

  it('has one relay at a time: who has lost the lease gives no position and no effect', async () => {
    const db = at.database.db
    const old = await takeLease()
    await at.append(toyEvent('x/1', 1))
    await expire()
    const next = await takeLease()
    assert.equal(next, old + 1)
    await assert.rejects(sequenceEvents({ db, token: old }), LeaseLostError)
    await assert.rejects(renewLease({ db, clock: systemClock, holder: 'x' }, old), LeaseLostError)
    await assert.rejects(
      db.transaction().execute(async (trx) => await requireLease(trx, old)),
      LeaseLostError,
    )
    assert.equal(await sequenceEvents({ db, token: next }), 1)
  })

  it('hands over to another relay at the stop, and after the lease has run out', async () => {
    const first = await at.relay({ consumers: [createToyConsumer({ name: 'c' })] })
    await at.append(toyEvent('x/1', 1))
    await eventually(at.effects, (rows) => rows.length === 1)
    await at.relay({ consumers: [createToyConsumer({ name: 'c' })] })
    await first.stop()
    await at.append(toyEvent('x/1', 2))
    await eventually(at.effects, (rows) => rows.length === 2)
    // A holder that is gone without a word, as after a kill.
    await at.db
      .updateTable('leases')
      .set({ token: 1_000, holder: 'elsewhere:1:x', until_at: new Date(Date.now() + 1_500) })
      .execute()
    await at.append(toyEvent('x/1', 3))
    await eventually(at.effects, (rows) => rows.length === 3)
  })

  const { TEST_REDIS_URL: redisUrl = '' } = process.env
  const skip = redisUrl === '' ? 'TEST_REDIS_URL not set' : false
  it('E1 hears of what other processes commit, without looking', { skip }, async (t) => {
    const log = createLog({ level: 'silent' })
    const connect = () => createRedisKeyValue({ url: redisUrl, clock: systemClock, log })
    const stores = [connect(), connect()] as const
    t.after(async () => await Promise.all(stores.map(async ({ close }) => await close())))
    await takeLease()
    // The one whose commits these are waits for the lease, and the other one gets it.
    await at.relay({ consumers: [], keyValue: stores[0], looks: false })
    await at.append(toyEvent('toy/1', 1))
    await expire()
    await at.relay({ consumers: [], keyValue: stores[1], looks: false })
    const positioned = async () => (await readLog(at.database.db, { after: 0, limit: 1_000 })).length
    await eventually(positioned, (count) => count === 1)
    // What is told before both are connected is not heard.
    await eventually(
      async () => {
        await at.append(toyEvent('toy/2', 1))
        return await positioned()
      },
      (count) => count > 1,
    )
  })

  it('lets only one of many take a free lease', async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, async () => {
        return await acquireLease({ db: at.database.db, clock: systemClock, holder: nameHolder() })
      }),
    )
    assert.equal(answers.filter((answer) => 'token' in answer).length, 1)
  })
})
