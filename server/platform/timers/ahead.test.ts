import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import type { Transaction } from 'kysely'
import { type Call, systemCall } from '#platform/call'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, type EventPlace, eventually } from '#tests/event-place'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import { createLog } from '../telemetry/log.ts'
import { createTimers, type TimerService } from './sweep.ts'
import type { DueTimer } from './timer.ts'

const call: Call<unknown> = systemCall

onEach(engines, 'timers that are due when they are set', (backend) => {
  let at: EventPlace
  let aheadMs = 0
  const clock = { now: () => new Date(Date.now() + aheadMs) }
  let service: TimerService
  /** Those that are being handled, in the order of their beginnings. */
  let begun: DueTimer[]
  let end: PromiseWithResolvers<void>

  beforeEach(async () => {
    at = await createEventPlace(backend)
    aheadMs = 0
    begun = []
    end = Promise.withResolvers()
    service = createTimers({ db: at.database.db, clock, log: createLog({ level: 'silent' }) })
    const handle = async (timer: DueTimer, complete: (work: () => Promise<void>) => Promise<boolean>) => {
      begun.push(timer)
      await end.promise
      await complete(async () => {})
    }
    await service.start([{ kind: 'toy', handle }])
  })
  afterEach(async () => {
    end.resolve()
    await service.stop()
    await at.remove()
  })

  const within = async (work: (trx: Transaction<PlatformTables>) => Promise<void>) =>
    await transaction(at.database.db, call, work)
  const due = (subject: string, data?: unknown) => ({ kind: 'toy', subject, dueAt: clock.now(), data })
  const rows = async () => await at.db.selectFrom('timers').selectAll().orderBy('subject').execute()

  it('are claimed with it, and begun at the commit', async () => {
    await within(async (trx) => {
      await service.schedule(trx, due('a', { deep: [1, 'é'] }))
      assert.deepEqual(begun, [])
    })
    assert.deepEqual(
      begun.map(({ subject, attempt, data }) => ({ subject, attempt, data })),
      [{ subject: 'a', attempt: 1, data: { deep: [1, 'é'] } }],
    )
    const [row] = await rows()
    assert.equal(row?.attempt, 1)
    assert.notEqual(row?.claim_id, null)
    assert.equal(Number(row?.next_at) - Number(row?.due_at) >= 5_900, true, 'nobody else gets it meanwhile')
    end.resolve()
    await eventually(rows, (left) => left.length === 0)
    assert.equal(begun.length, 1)
  })

  it('are not begun when the work is rolled back', async () => {
    const work = within(async (trx) => {
      await service.schedule(trx, due('a'))
      throw new Error('the work failed')
    })
    await assert.rejects(work, /the work failed/)
    await within(async (trx) => await service.schedule(trx, due('b')))
    assert.deepEqual(
      begun.map(({ subject }) => subject),
      ['b'],
    )
  })

  it('are not begun when the work has taken so long that others may have them', async () => {
    await within(async (trx) => {
      await service.schedule(trx, due('a'))
      aheadMs = 4_000
    })
    assert.deepEqual(begun, [])
    aheadMs = 6_100
    end.resolve()
    service.feel(clock.now())
    await eventually(rows, (left) => left.length === 0)
    assert.deepEqual(
      begun.map(({ subject, attempt }) => [subject, attempt]),
      [['a', 2]],
    )
  })

  it('are begun once, as they were set last, and not at all when they are cancelled', async () => {
    await within(async (trx) => {
      await service.schedule(trx, due('a', 1), due('b', 1), due('c', 1))
      await service.schedule(trx, due('a', 2))
      await service.cancel(trx, { kind: 'toy', subject: 'b' })
      await service.schedule(trx, { ...due('c'), dueAt: new Date(Date.now() + 3_600_000) })
    })
    end.resolve()
    const left = await eventually(rows, (found) => found.length === 1)
    assert.equal(left[0]?.subject, 'c')
    assert.deepEqual(
      begun.map(({ subject, data }) => [subject, data]),
      [['a', 2]],
    )
  })

  it('are no more at once than there are hands; the rest follows, each once', async () => {
    const subjects = Array.from({ length: 50 }, (_, index) => `s-${String(index).padStart(2, '0')}`)
    await within(async (trx) => await service.schedule(trx, ...subjects.map((subject) => due(subject))))
    assert.equal(begun.length, 20)
    end.resolve()
    await eventually(rows, (left) => left.length === 0)
    assert.deepEqual(begun.map(({ subject }) => subject).toSorted(), subjects)
  })

  it('are left to others by a process that does not handle their kind', async () => {
    await within(async (trx) => await service.schedule(trx, { ...due('a'), kind: 'other' }))
    const [row] = await rows()
    assert.equal(row?.claim_id, null)
    assert.deepEqual(row?.next_at, row?.due_at)
  })
})
