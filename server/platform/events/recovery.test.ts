import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type KyselyPlugin, UpdateQueryNode } from 'kysely'
import { engines, onEach } from '#tests/backends'
import {
  createEventPlace,
  createToyConsumer,
  type EventPlace,
  eventually,
  toyEvent,
} from '#tests/event-place'
import { systemClock } from '../clock.ts'
import { systemIds } from '../id.ts'
import { takePulse } from '../pulse.ts'
import { sleep } from '../signal.ts'
import { createLog } from '../telemetry/log.ts'
import type { Carrier } from './carrier.ts'
import { createEventSignals } from './events.ts'
import { insertInbox } from './inbox.ts'
import { acquireLease, EVENTS_LEASE, LEASE_MS, nameHolder, renewLease } from './lease.ts'
import { serveTerm } from './term.ts'

onEach(engines, 'events that are hard to bring', (backend) => {
  let at: EventPlace
  beforeEach(async () => {
    at = await createEventPlace(backend)
  })
  afterEach(async () => await at.remove())

  const versionsOf = async (consumer: string) =>
    (await at.effects()).filter((row) => row.consumer === consumer).map(({ version }) => version)

  it('E1 notes a failure whose words the database could not hold', async () => {
    const consumer = createToyConsumer({
      name: 'fragile',
      before: ({ subject }) => {
        if (subject === 'x/bad') throw new Error('there is a \0 in it')
      },
    })
    await at.relay({ consumers: [consumer] })
    await at.append(toyEvent('x/bad', 1))
    await at.append(toyEvent('x/good', 1))
    await eventually(at.effects, (rows) => rows.length === 1)
    const rows = await at.db.selectFrom('inbox').selectAll().where('due_at', 'is not', null).execute()
    assert.equal(rows.length, 1)
  })

  it('E1 brings a consumer that was away what has happened meanwhile', async () => {
    const one = createToyConsumer({ name: 'one' })
    const two = createToyConsumer({ name: 'two' })
    const first = await at.relay({ consumers: [one, two] })
    await at.append(toyEvent('x/1', 1))
    await eventually(at.effects, (rows) => rows.length === 2)
    await first.stop()
    const second = await at.relay({ consumers: [one] })
    await at.append(toyEvent('x/1', 2))
    await eventually(at.effects, (rows) => rows.length === 3)
    await second.stop()
    await at.relay({ consumers: [one, two] })
    await at.append(toyEvent('x/1', 3))
    await eventually(at.effects, (rows) => rows.length === 6)
    assert.deepEqual(await versionsOf('one'), [1, 2, 3])
    assert.deepEqual(await versionsOf('two'), [1, 2, 3])
  })

  it('E1 goes on with the log for a new consumer where it was interrupted, though the broker has forgotten', async () => {
    const forgetful: Carrier = {
      name: 'kafka',
      state: () => 'up',
      store: async () => 'store',
      publish: async () => {},
      read: async ({ signal }) => {
        await sleep(60_000, { stop: signal })
      },
      close: async () => {},
    }
    const quiet = await at.relay({ consumers: [] })
    for (let version = 1; version <= 300; version += 1) await at.append(toyEvent('x/1', version))
    await eventually(
      async () => await at.db.selectFrom('outbox').select('id').where('position', 'is', null).execute(),
      (rows) => rows.length === 0,
    )
    await quiet.stop()
    let isDown = true
    const consumer = createToyConsumer({
      name: 'new',
      before: ({ recordversion }) => {
        if (isDown && recordversion > 200) throw Object.assign(new Error('away'), { code: 'ECONNRESET' })
      },
    })
    const interrupted = await at.relay({ consumers: [consumer], carriers: [forgetful] })
    await eventually(at.effects, (rows) => rows.length === 200)
    await interrupted.stop()
    isDown = false
    await at.relay({ consumers: [consumer], carriers: [forgetful] })
    await eventually(at.effects, (rows) => rows.length === 300)
  })

  it('E1 gets through a long queue behind one event in its order, however much was handled before', async () => {
    let isBroken = true
    const consumer = createToyConsumer({
      name: 'fragile',
      before: () => {
        if (isBroken) throw new Error('not today')
      },
    })
    const inTheWay = Array.from({ length: 20_000 }, (_, index) => ({
      consumer: 'fragile',
      event_id: systemIds.next(),
      subject: `x/before-${index}`,
      source: 'elsewhere',
      position: index + 1,
      received_at: new Date(),
      handled_at: new Date(),
      attempts: 1,
      due_at: null,
      parked_at: null,
      last_error: null,
      event: null,
    }))
    await at.database.db.transaction().execute(async (trx) => await insertInbox(trx, inTheWay))
    const versions = Array.from({ length: 300 }, (_, index) => index + 1)
    await at.append(...versions.map((version) => toyEvent('x/1', version)))
    await at.relay({ consumers: [consumer] })
    await eventually(
      async () =>
        await at.db.selectFrom('inbox').select('event_id').where('due_at', 'is not', null).execute(),
      (rows) => rows.length === versions.length,
    )
    isBroken = false
    await eventually(at.effects, (rows) => rows.length === versions.length)
    assert.deepEqual(await versionsOf('fragile'), versions)
  })

  it('E1 keeps the lease though a renewal fails now and then', async () => {
    let renewals = 0
    const faulty: KyselyPlugin = {
      transformQuery({ node }) {
        if (!UpdateQueryNode.is(node)) return node
        renewals += 1
        if (renewals % 2 === 0) throw Object.assign(new Error('for a moment'), { code: 'ECONNRESET' })
        return node
      },
      transformResult: async ({ result }) => await Promise.resolve(result),
    }
    const { db } = at.database
    const log = createLog({ level: 'silent' })
    const facts = { clock: systemClock, log, installation: at.installation }
    const lease = await acquireLease({ db, clock: systemClock, holder: nameHolder() })
    assert.ok('token' in lease)
    const stop = new AbortController()
    const signals = createEventSignals()
    const term = serveTerm(
      {
        ...facts,
        ...signals,
        db: db.withPlugin(faulty),
        holder: nameHolder(),
        carriers: [],
        delivery: { ...facts, db, consumers: [], metrics: { countEvent: () => {} }, onWaiting: () => {} },
      },
      lease.token,
      stop.signal,
    )
    const leftMs: number[] = []
    for (const deadline = Date.now() + LEASE_MS + 500; Date.now() < deadline; await delay(20)) {
      const { until_at } = await db.selectFrom('leases').select('until_at').executeTakeFirstOrThrow()
      leftMs.push(until_at.getTime() - Date.now())
    }
    stop.abort()
    await term
    assert.ok(renewals > 2)
    assert.ok(Math.min(...leftMs) > 0, `the lease was over for ${-Math.min(...leftMs)} ms`)
  })

  it('E1 is not woken by what waits for a consumer that is away', async () => {
    const broken = createToyConsumer({
      name: 'away',
      before: () => {
        throw new Error('not today')
      },
    })
    const relay = await at.relay({ consumers: [broken] })
    await at.append(toyEvent('x/1', 1))
    const waitingFor = async (...consumers: string[]) => {
      const { waitingSince } = await takePulse({ ...at.database, lease: 'events', timerKinds: [], consumers })
      return waitingSince
    }
    await eventually(
      async () => await waitingFor('away', 'other'),
      (since) => since !== null,
    )
    await relay.stop()
    assert.equal(await waitingFor('other'), null)
    assert.equal(await waitingFor(), null)
  })

  it('E1 takes the lease of a process that is gone, whose clock was ahead of ours', async () => {
    const until_at = new Date(Date.now() + 3_600_000)
    const gone = { name: EVENTS_LEASE, holder: 'elsewhere:1:gone', token: 7, until_at }
    await at.db.insertInto('leases').values(gone).execute()
    await at.append(toyEvent('x/1', 1))
    await at.relay({ consumers: [createToyConsumer({ name: 'c' })] })
    await eventually(at.effects, (rows) => rows.length === 1, 20_000)
  })

  it('E1 leaves the lease to a process that renews it, whatever its clock says', async () => {
    const db = at.database.db
    const ahead = { now: () => new Date(Date.now() + 3_600_000) }
    const lease = await acquireLease({ db, clock: ahead, holder: nameHolder() })
    assert.ok('token' in lease)
    await at.relay({ consumers: [createToyConsumer({ name: 'c' })] })
    for (const deadline = Date.now() + LEASE_MS * 2; Date.now() < deadline; await delay(2_000)) {
      await renewLease({ db, clock: ahead, holder: 'x' }, lease.token)
    }
  })
})
