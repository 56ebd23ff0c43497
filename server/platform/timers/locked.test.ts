import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { KyselyPlugin } from 'kysely'
import { systemCall } from '#platform/call'
import { engines, onEach } from '#tests/backends'
import { createEventPlace, eventually } from '#tests/event-place'
import { systemClock } from '../clock.ts'
import { transaction } from '../database/transaction.ts'
import { createLog } from '../telemetry/log.ts'
import { createTimers } from './sweep.ts'

const withRowLocks = engines.filter(({ engine }) => engine !== 'sqlite')

onEach(withRowLocks, 'a timer that is locked', (backend) => {
  it('is not asked for again and again when it is due, and is handled when it comes free', async (t) => {
    const at = await createEventPlace(backend)
    t.after(async () => await at.remove())
    const { db } = at.database
    const log = createLog({ level: 'silent' })
    const timer = { kind: 'toy', subject: 'x', dueAt: new Date() }
    await transaction(db, systemCall, async (trx) => {
      await createTimers({ db, clock: systemClock, log }).schedule(trx, timer)
    })
    const locked = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    const holding = db.transaction().execute(async (trx) => {
      await trx.selectFrom('timers').selectAll().forUpdate().execute()
      locked.resolve()
      await free.promise
    })
    await locked.promise
    let statements = 0
    const counting: KyselyPlugin = {
      transformQuery({ node }) {
        statements += 1
        return node
      },
      transformResult: async ({ result }) => await Promise.resolve(result),
    }
    const service = createTimers({ db: db.withPlugin(counting), clock: systemClock, log })
    t.after(async () => await service.stop())
    await service.start([
      {
        kind: 'toy',
        handle: async (_timer, complete) => {
          await complete(async () => {})
        },
      },
    ])
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const asked = statements
    free.resolve()
    await holding
    assert.ok(asked > 0 && asked < 60, `${asked} statements in a second`)
    await eventually(
      async () => await db.selectFrom('timers').select('subject').execute(),
      (rows) => rows.length === 0,
    )
  })
})
