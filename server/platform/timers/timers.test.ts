import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { type Call, systemCall } from '#platform/call'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, eventually } from '#tests/event-place'
import { transaction } from '../database/transaction.ts'
import { createLog } from '../telemetry/log.ts'
import { claimTimers, completeTimer, renewClaims } from './claims.ts'
import { createTimers, type TimerService } from './sweep.ts'
import type { NewTimer, TimerKind } from './timer.ts'

const call: Call<unknown> = systemCall
const SOON_MS = 60

onEach(engines, 'timers', (backend) => {
  let at: EventPlace
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  const services: TimerService[] = []
  const log = createLog({ level: 'silent' })

  beforeEach(async () => {
    aheadMs = 0
    at = await createEventPlace(backend)
  })
  afterEach(async () => {
    for (const service of services.splice(0)) await service.stop()
    await at.remove()
  })

  const start = async (...kinds: TimerKind[]): Promise<TimerService> => {
    const service = createTimers({ db: at.database.db, clock, log })
    services.push(service)
    await service.start(kinds)
    return service
  }
  const set = async (service: TimerService, ...timers: NewTimer[]) =>
    await transaction(at.database.db, call, async (trx) => await service.schedule(trx, ...timers))
  const rows = async () => await at.db.selectFrom('timers').selectAll().orderBy('subject').execute()
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms)
  /** Leaves a row of the toy table behind, in the transaction that ends the timer. */
  const leaveEffect = (kind = 'toy'): TimerKind => ({
    kind,
    handle: async ({ subject, attempt }, complete) => {
      await complete(async (trx) => {
        await trx
          .withTables<{
            toy_effects: { consumer: string; event_id: string; subject: string; version: number }
          }>()
          .insertInto('toy_effects')
          .values({ consumer: kind, event_id: crypto.randomUUID(), subject, version: attempt })
          .execute()
      })
    },
  })

  it('fires a timer once, when it is due and not before, and is rid of it', async () => {
    const service = await start(leaveEffect())
    await set(
      service,
      { kind: 'toy', subject: 'soon', dueAt: inMs(SOON_MS) },
      { kind: 'toy', subject: 'late', dueAt: inMs(3_600_000) },
    )
    const [effect] = await eventually(at.effects, (found) => found.length > 0)
    assert.equal(effect?.subject, 'soon')
    assert.deepEqual(
      (await rows()).map(({ subject }) => subject),
      ['late'],
    )
  })

  it('hands over what was kept with the timer', async () => {
    const seen: unknown[] = []
    const service = await start({
      kind: 'toy',
      handle: async ({ data }, complete) => {
        seen.push(data)
        await complete(async () => {})
      },
    })
    await set(service, { kind: 'toy', subject: 'a', dueAt: inMs(0), data: { deep: [1, 'é'] } })
    await set(service, { kind: 'toy', subject: 'b', dueAt: inMs(0) })
    await eventually(rows, (left) => left.length === 0)
    assert.deepEqual(seen.length, 2)
    assert.ok(JSON.stringify(seen).includes('{"deep":[1,"é"]}'))
  })

  it('sets a timer with its work or not at all, replaces the one that is there, and cancels', async () => {
    const service = await start()
    const far = inMs(3_600_000)
    const work = transaction(at.database.db, call, async (trx) => {
      await service.schedule(trx, { kind: 'toy', subject: 'never', dueAt: far })
      throw new Error('the work failed')
    })
    await assert.rejects(work, /the work failed/)
    await set(service, { kind: 'toy', subject: 'a', dueAt: inMs(1_000_000) })
    await set(service, { kind: 'toy', subject: 'a', dueAt: far }, { kind: 'toy', subject: 'b', dueAt: far })
    assert.deepEqual(
      (await rows()).map(({ subject, due_at: dueAt }) => [subject, dueAt.getTime()]),
      [
        ['a', far.getTime()],
        ['b', far.getTime()],
      ],
    )
    await transaction(at.database.db, call, async (trx) => {
      await service.cancel(trx, { kind: 'toy', subject: 'a' }, { kind: 'toy', subject: 'none' })
    })
    assert.deepEqual(
      (await rows()).map(({ subject }) => subject),
      ['b'],
    )
  })

  it('fires each of many once, however many processes sweep', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, async () => await start(leaveEffect())))
    const [first] = all
    assert.ok(first)
    const timers = Array.from({ length: 200 }, (_each, index) => ({
      kind: 'toy',
      subject: `t/${index}`,
      dueAt: inMs(index % 50),
    }))
    await set(first, ...timers)
    for (const service of all) service.feel(clock.now())
    await eventually(rows, (left) => left.length === 0)
    const subjects = (await at.effects()).map(({ subject }) => subject)
    assert.equal(subjects.length, 200)
    assert.equal(new Set(subjects).size, 200)
  })

  it('lets a claim that has run out complete nothing', async () => {
    const { db } = at.database
    const service = createTimers({ db, clock, log })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(-1) })
    const claim = async () => await claimTimers({ db, clock, kinds: ['toy'], limit: 10 })
    const [stale] = await claim()
    assert.ok(stale)
    assert.deepEqual(await claim(), [])
    aheadMs += 31_000
    const [fresh] = await claim()
    assert.ok(fresh)
    assert.equal(fresh.attempt, 2)
    let ran = 0
    const work = async () => void (ran += 1)
    assert.equal(await completeTimer({ db, claim: stale, work }), false)
    assert.equal(ran, 0)
    assert.equal(await completeTimer({ db, claim: fresh, work }), true)
    assert.equal(await completeTimer({ db, claim: fresh, work }), false)
    assert.equal(ran, 1)
    // Set anew under the same name, with the same count: an old claim is still an old claim.
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(-1) })
    const [newest] = await claim()
    assert.equal(newest?.attempt, 1)
    assert.equal(await completeTimer({ db, claim: stale, work }), false)
  })

  it('lets nobody else have a claim that is renewed, for half a minute and no longer', async () => {
    const { db } = at.database
    const service = createTimers({ db, clock, log })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(-1) })
    const claim = async () => await claimTimers({ db, clock, kinds: ['toy'], limit: 10 })
    const held = await claim()
    assert.equal(held.length, 1)
    for (let renewals = 0; renewals < 7; renewals += 1) {
      aheadMs += 3_000
      await renewClaims({ db, clock }, held)
      assert.deepEqual(await claim(), [])
    }
    aheadMs += 5_000
    await renewClaims({ db, clock }, held)
    aheadMs += 4_000
    assert.equal((await claim()).length, 1)
  })

  it('keeps a timer that was set anew or cancelled while it was handled as it was set', async () => {
    const { db } = at.database
    const service = createTimers({ db, clock, log })
    const far = inMs(3_600_000)
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(-1) })
    const [claim] = await claimTimers({ db, clock, kinds: ['toy'], limit: 1 })
    assert.ok(claim)
    await set(service, { kind: 'toy', subject: 'x', dueAt: far })
    assert.equal(await completeTimer({ db, claim, work: async () => {} }), false)
    assert.equal((await rows())[0]?.due_at.getTime(), far.getTime())
    await set(service, { kind: 'toy', subject: 'y', dueAt: inMs(-1) })
    const [other] = await claimTimers({ db, clock, kinds: ['toy'], limit: 1 })
    assert.ok(other)
    const again = async () => {
      const reset = { kind: 'toy', subject: 'y', dueAt: far }
      await completeTimer({ db, claim: other, work: async (trx) => await service.schedule(trx, reset) })
    }
    await again()
    assert.equal((await rows()).length, 2)
  })

  it('tries again what throws, more slowly each time, and says why', async () => {
    let tries = 0
    const service = await start({
      kind: 'toy',
      handle: async (_timer, complete) => {
        tries += 1
        if (tries < 3) throw new Error(`try ${tries}\0 failed`)
        await complete(async () => {})
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0) })
    const failed = await eventually(rows, ([row]) => row?.last_error !== null && row !== undefined)
    assert.match(failed[0]?.last_error ?? '', /try 1 failed/)
    await eventually(rows, (left) => left.length === 0)
    assert.equal(tries, 3)
  })

  it('rolls the work back when the end of a timer fails, and does it again', async () => {
    let isBroken = true
    const leaving = leaveEffect()
    const service = await start({
      kind: 'toy',
      handle: async (timer, complete) => {
        await leaving.handle(timer, async (work) => {
          return await complete(async (trx) => {
            await work(trx)
            if (isBroken) {
              isBroken = false
              throw new Error('at the last step')
            }
          })
        })
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0) })
    await eventually(rows, (left) => left.length === 0)
    assert.equal((await at.effects()).length, 1)
  })

  it('keeps a standing timer, one for all processes', async () => {
    let count = 0
    const kind: TimerKind = {
      kind: 'toy',
      standing: 'all',
      handle: async (_timer, complete) => {
        await complete(async () => {
          count += 1
          return { again: inMs(count < 3 ? 20 : 3_600_000), data: { count } }
        })
      },
    }
    await start(kind)
    await start(kind)
    await eventually(rows, ([row]) => row?.data === '{"count":3}')
    assert.equal((await rows()).length, 1)
    assert.equal(count, 3)
  })

  it('leaves alone what it has no handler for', async () => {
    const service = await start(leaveEffect('known'))
    await set(
      service,
      { kind: 'foreign', subject: 'x', dueAt: inMs(-5) },
      { kind: 'known', subject: 'x', dueAt: inMs(0) },
    )
    await eventually(at.effects, (found) => found.length === 1)
    const [left] = await rows()
    assert.deepEqual([left?.kind, left?.attempt], ['foreign', 0])
  })

  it('waits at the stop for what is under way, and begins nothing more', async () => {
    const begun = Promise.withResolvers<void>()
    const leaving = leaveEffect()
    const service = await start({
      kind: 'toy',
      handle: async (timer, complete) => {
        begun.resolve()
        await new Promise((resolve) => setTimeout(resolve, 200))
        await leaving.handle(timer, complete)
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0) })
    await begun.promise
    await service.stop()
    assert.deepEqual([(await at.effects()).length, (await rows()).length], [1, 0])
    await set(service, { kind: 'toy', subject: 'y', dueAt: inMs(0) })
    await new Promise((resolve) => setTimeout(resolve, 300))
    assert.equal((await rows())[0]?.attempt, 0)
  })

  it('leaves what hangs to another process when the claim has run out, and not before', async () => {
    const begun = Promise.withResolvers<void>()
    const service = await start({
      kind: 'toy',
      handle: async () => {
        begun.resolve()
        await new Promise(() => {})
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0) })
    await begun.promise
    await service.stop()
    const other = await start(leaveEffect())
    assert.equal((await rows())[0]?.attempt, 1)
    aheadMs += 31_000
    other.feel(clock.now())
    const [effect] = await eventually(at.effects, (found) => found.length === 1)
    assert.equal(effect?.version, 2)
  })
})
