import { sql } from 'kysely'
import type { ShopTables } from '#modules/shop'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { toEnvelope } from '#platform/events/envelope'
import { findHead } from '#platform/events/log'
import { createOutbox, type NewEvent } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { defineFault } from './fault.ts'
import { type Process, type Scene, untilDeath } from './scene.ts'
import { change, finish, writeCategory } from './steps.ts'

/** Mistakes where a change becomes an event. */

type Change = (scene: Scene, process: Process, options?: { readonly isLast: boolean }) => Promise<unknown>

function rowOf(scene: Scene, { type, subject, recordVersion, data }: NewEvent, position: number) {
  return {
    id: systemIds.next(),
    type,
    subject,
    record_version: recordVersion,
    data: JSON.stringify(data),
    actor_id: null,
    traceparent: null,
    occurred_at: scene.clock.now(),
    position,
  }
}

async function dieInAChange(scene: Scene, { change: step }: { readonly change: Change }): Promise<void> {
  const process = scene.start()
  await step(scene, process)
  await untilDeath(async () => await step(scene, process, { isLast: true }))
  await change(scene, scene.start())
  await finish(scene)
}

/** The broker hears of a change whose transaction may still be rolled back. */
export const publishBeforeCommit = defineFault<{ readonly change: Change }>({
  title: 'publish before commit',
  expected: ['I4'],
  isAtBroker: true,
  right: { change },
  faulty: {
    change: async (scene, process, { isLast } = { isLast: false }) =>
      await transaction(process.db.withTables<ShopTables>(), systemCall, async (trx) => {
        const event = await writeCategory(trx, { scene })
        const row = rowOf(scene, event, (await findHead(process.db)) + 1)
        await scene.broker.carrier.publish([toEnvelope(row, scene.installation)])
        await trx.insertInto('outbox').values(row).execute()
        if (isLast) process.die()
      }),
  },
  course: dieInAChange,
})

/** Two transactions, and nothing that would make up for the second when it never comes. */
export const announceAfterCommit = defineFault<{ readonly change: Change }>({
  title: 'event after the commit of its change',
  expected: ['I3-event'],
  right: { change },
  faulty: {
    change: async (scene, process, { isLast } = { isLast: false }) => {
      const outbox = createOutbox({ clock: scene.clock, ids: systemIds, traceparent: () => null })
      const event = await transaction<ShopTables, NewEvent>(
        process.db.withTables<ShopTables>(),
        systemCall,
        async (trx) => await writeCategory(trx, { scene }),
      )
      if (isLast) process.die()
      await transaction(process.db, systemCall, async (trx) => await outbox.append(trx, systemCall, event))
    },
  },
  course: dieInAChange,
})

/** Ends a change that was begun; the process may die in it. */
type End = (options?: { readonly isLast: boolean }) => Promise<unknown>
type Begin = (scene: Scene, process: Process) => Promise<End>

/**
 * Numbers that are handed out when a change begins come to light when it ends, in another order, and those of changes
 * that never end are missing.
 */
export const positionFromASequence = defineFault<{ readonly begin: Begin }>({
  title: 'position from a sequence',
  expected: ['I3-inbox', 'I3-message', 'I3-position'],
  isAtBroker: true,
  right: {
    begin: async (scene, process) =>
      await Promise.resolve(async (options) => await change(scene, process, options)),
  },
  faulty: { begin: beginWithNumber },
  async course(scene, { begin }) {
    await sql`create table toy_numbers (used bigint)`.execute(scene.db)
    await sql`insert into toy_numbers values (0)`.execute(scene.db)
    const early = await begin(scene, scene.start())
    const never = await begin(scene, scene.start())
    const late = await begin(scene, scene.start())
    await late()
    await finish(scene)
    await early()
    await untilDeath(async () => await never({ isLast: true }))
    await finish(scene)
  },
})

async function beginWithNumber(scene: Scene, process: Process): Promise<End> {
  const position = await transaction<ShopTables, number>(
    process.db.withTables<ShopTables>(),
    systemCall,
    async (trx) => {
      await sql`update toy_numbers set used = used + 1`.execute(trx)
      const { rows } = await sql<{ used: number }>`select used from toy_numbers`.execute(trx)
      return rows[0]?.used ?? 0
    },
  )
  return async ({ isLast } = { isLast: false }) =>
    await transaction(process.db.withTables<ShopTables>(), systemCall, async (trx) => {
      const event = await writeCategory(trx, { scene })
      await trx
        .insertInto('outbox')
        .values(rowOf(scene, event, position))
        .execute()
      if (isLast) process.die()
    })
}
