import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, eventually } from '#tests/event-place'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import { createLog } from '../telemetry/log.ts'
import type { Alarm } from './alarm.ts'
import { createTimers, type TimerService } from './sweep.ts'
import type { DueTimer, NewTimer, RowTimerKind } from './timer.ts'

const call: Call<unknown> = systemCall

onEach(engines, 'timers that change rows only', (backend) => {
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

  const start = async (...kinds: RowTimerKind[]): Promise<TimerService> => {
    const service = createTimers({ db: at.database.db, clock, log })
    services.push(service)
    await service.start(kinds)
    return service
  }
  const set = async (service: TimerService, ...timers: NewTimer[]) =>
    await transaction(at.database.db, call, async (trx) => await service.schedule(trx, ...timers))
  const rows = async () => await at.db.selectFrom('timers').selectAll().orderBy('subject').execute()
  const inMs = (ms: number) => new Date(clock.now().getTime() + ms)
  const toys = (count: number, dueAt = inMs(0)): NewTimer[] =>
    Array.from({ length: count }, (_each, index) => ({ kind: 'toy', subject: `t/${index}`, dueAt }))

  /** Leaves a row of the toy table behind for each. */
  async function leaveEffects(trx: Transaction<PlatformTables>, timers: readonly DueTimer[]): Promise<void> {
    for (const { subject, attempt } of timers)
      await trx
        .withTables<{
          toy_effects: { consumer: string; event_id: string; subject: string; version: number }
        }>()
        .insertInto('toy_effects')
        .values({ consumer: 'toy', event_id: crypto.randomUUID(), subject, version: attempt })
        .execute()
  }
  const ending: RowTimerKind = {
    kind: 'toy',
    async settle(trx, timers) {
      await leaveEffects(trx, timers)
      return timers.map(({ subject }) => ({ subject, again: null }))
    },
  }

  it('does each of many once, however many processes sweep, and is rid of them', async () => {
    const all = await Promise.all(Array.from({ length: 4 }, async () => await start(ending)))
    const [first] = all
    assert.ok(first)
    await set(first, ...toys(230), { kind: 'toy', subject: 'far', dueAt: inMs(3_600_000) })
    for (const service of all) service.feel(clock.now())
    const left = await eventually(rows, (found) => found.length === 1)
    assert.equal(left[0]?.subject, 'far')
    const subjects = (await at.effects()).map(({ subject }) => subject)
    assert.deepEqual([subjects.length, new Set(subjects).size], [230, 230])
  })

  it('hands over what was kept with a timer, and sets it anew where it is due again', async () => {
    const seen: unknown[] = []
    const service = await start({
      kind: 'toy',
      async settle(trx, timers) {
        await leaveEffects(trx, timers)
        seen.push(...timers.map(({ data }) => data))
        return timers.map(({ subject }) => ({ subject, again: seen.length < 3 ? inMs(0) : null }))
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0), data: { deep: [1, 'é'] } })
    await eventually(rows, (left) => left.length === 0)
    assert.deepEqual(
      seen,
      Array.from({ length: 3 }, () => ({ deep: [1, 'é'] })),
    )
    assert.equal((await at.effects()).length, 3)
  })

  it('comes back soon to what the work could not get hold of', async () => {
    let isFree = false
    let looks = 0
    const service = await start({
      kind: 'toy',
      async settle(trx, timers) {
        looks += 1
        return isFree ? await ending.settle(trx, timers) : []
      },
    })
    await set(service, ...toys(2))
    await eventually(
      async () => looks,
      (count) => count > 2,
    )
    assert.deepEqual(
      (await rows()).map(({ attempt }) => attempt),
      [0, 0],
    )
    isFree = true
    await eventually(rows, (left) => left.length === 0)
    assert.equal((await at.effects()).length, 2)
  })

  it('lets one that fails hold up none of the others, and tries it again more slowly each time', async () => {
    let isMended = false
    const service = await start({
      kind: 'toy',
      async settle(trx, timers) {
        const settled = await ending.settle(trx, timers)
        if (!isMended && timers.some(({ subject }) => subject === 't/7')) throw new Error('seven is broken')
        return settled
      },
    })
    await set(service, ...toys(20))
    const [left] = await eventually(rows, (found) => found.length === 1 && (found[0]?.attempt ?? 0) >= 2)
    assert.equal(left?.subject, 't/7')
    assert.match(left.last_error ?? '', /seven is broken/)
    assert.ok(left.next_at > left.due_at)
    assert.equal((await at.effects()).length, 19, 'nothing of the failed work is left behind')
    isMended = true
    aheadMs += 60_000
    service.feel(clock.now())
    await eventually(rows, (found) => found.length === 0)
    assert.equal((await at.effects()).length, 20)
  })

  it('leaves a timer that was set anew while it failed as it was set', async () => {
    const far = inMs(3_600_000)
    const service = await start({
      kind: 'toy',
      async settle() {
        // By somebody else, in a transaction of its own that waits for this one; on SQLite it comes after it.
        void set(service, { kind: 'toy', subject: 'x', dueAt: far })
        await Promise.resolve()
        throw new Error('too early')
      },
    })
    await set(service, { kind: 'toy', subject: 'x', dueAt: inMs(0) })
    const [row] = await eventually(rows, (found) => found[0]?.due_at.getTime() === far.getTime())
    assert.deepEqual([row?.next_at.getTime(), row?.attempt], [far.getTime(), 0])
  })

  it('sets an alarm with a timer, takes it back with it, and looks at once when one goes off', async () => {
    const alarmsSet: string[] = []
    const cleared: string[] = []
    let ring = (): void => assert.fail('nobody listens')
    const alarm: Alarm = {
      set: (...alarms) =>
        void alarmsSet.push(...alarms.map(({ name, at: time }) => `${name} ${time.getTime()}`)),
      clear: (...names) => void cleared.push(...names),
      onRing(listener) {
        ring = listener
      },
      async close() {},
    }
    const service = createTimers({ db: at.database.db, clock, log, alarm })
    services.push(service)
    await service.start([{ ...ending, alarmOf: (subject) => `toy:${subject}` }])
    const far = inMs(3_600_000)
    await set(
      service,
      { kind: 'toy', subject: 'x', dueAt: far },
      { kind: 'foreign', subject: 'x', dueAt: far },
    )
    assert.deepEqual(alarmsSet, [`toy:x ${far.getTime()}`])
    await transaction(at.database.db, call, async (trx) => {
      await service.cancel(trx, { kind: 'toy', subject: 'x' }, { kind: 'foreign', subject: 'x' })
    })
    assert.deepEqual(cleared, ['toy:x'])
    // By another process, of which this one has not heard.
    await set(createTimers({ db: at.database.db, clock, log }), ...toys(1))
    ring()
    await eventually(rows, (left) => left.length === 0)
    assert.equal((await at.effects()).length, 1)
  })
})
