import { sql } from 'kysely'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { deliverEvents } from '#platform/events/deliver'
import { toEnvelope } from '#platform/events/envelope'
import { handledRow, insertInbox, waitingRow } from '#platform/events/inbox'
import { LeaseLostError } from '#platform/events/lease'
import { findCursor, OWN_LOG } from '#platform/events/readers'
import { retryEvents } from '#platform/events/retry'
import { defineFault } from './fault.ts'
import { type Holder, idsOff, type Scene, untilDeath } from './scene.ts'
import { change, type Deliver, finish, publish, read, sequence } from './steps.ts'

/** Mistakes of the reader, which has events take effect. */

async function move(db: Holder['db'], cursor: string): Promise<void> {
  await db.updateTable('event_readers').set({ cursor }).where('name', '=', OWN_LOG).execute()
}

/** Ids come from the clocks of several machines, and from transactions that end when they like. */
export const cursorOverIds = defineFault<{ readonly read: typeof read }>({
  title: 'cursor over ids',
  expected: ['I3-inbox'],
  right: { read },
  faulty: {
    async read(scene, holder) {
      const cursor = await findCursor(holder.db, OWN_LOG)
      const rows = await holder.db
        .selectFrom('outbox')
        .selectAll()
        .where('position', 'is not', null)
        .$if(cursor !== null, (query) => query.where('id', '>', cursor ?? ''))
        .orderBy('id')
        .$narrowType<{ position: number }>()
        .execute()
      const last = rows.at(-1)
      if (last === undefined) return
      await deliverEvents(
        scene.deliveryOf(holder),
        { token: holder.token, reader: OWN_LOG, cursor: last.id },
        rows.map((row) => toEnvelope(row, scene.installation)),
      )
    },
  },
  async course(scene, { read: step }) {
    await change(scene, scene.start(), { ids: idsOff(3_600_000) })
    await finish(scene, { read: step })
    await change(scene, scene.start(), { ids: idsOff(0) })
    await finish(scene, { read: step })
  },
})

/** The reader says how far it has got, and then gets there. */
export const acknowledgeBeforeCommit = defineFault<{ readonly deliver: Deliver }>({
  title: 'acknowledge before commit',
  expected: ['I3-inbox'],
  right: { deliver: deliverEvents },
  faulty: {
    async deliver(parts, source, events) {
      await move(parts.db, source.cursor)
      await deliverEvents(parts, source, events)
    },
  },
  async course(scene, { deliver }) {
    const holder = await scene.startHolder()
    await change(scene, holder)
    await change(scene, holder)
    await sequence(holder)
    await publish(scene, holder)
    let effects = 0
    const dieAtTheSecond = (): void => {
      effects += 1
      if (effects === 2) holder.die()
    }
    await untilDeath(async () => await read(scene, holder, { deliver, before: dieAtTheSecond }))
    await finish(scene, { deliver })
  },
})

type Inbox = { readonly prepare: (scene: Scene) => Promise<void>; readonly deliver: Deliver }

/** Every carrier brings an event again now and then: whoever read it died before saying so. */
export const noInboxKey = defineFault<Inbox>({
  title: 'no inbox key',
  expected: ['I3-effect', 'I3-inbox'],
  right: { prepare: async () => await Promise.resolve(), deliver: deliverEvents },
  faulty: { prepare: dropInboxKey, deliver: deliverUnasked },
  async course(scene, { prepare, deliver }) {
    await prepare(scene)
    const holder = await scene.startHolder()
    await change(scene, holder)
    await sequence(holder)
    await publish(scene, holder)
    const diesAtTheEnd: Deliver = async (parts, source, events) => {
      await deliver(parts, { ...source, cursor: '0' }, events)
      holder.die()
    }
    await untilDeath(async () => await read(scene, holder, { deliver: diesAtTheEnd }))
    await finish(scene, { deliver })
  },
})

async function dropInboxKey({ db, engine }: Scene): Promise<void> {
  const statements = {
    sqlite: [
      'create table copy as select * from inbox',
      'drop table inbox',
      'alter table copy rename to inbox',
    ],
    postgres: ['alter table inbox drop constraint inbox_consumer_event_id_key'],
    mysql: ['alter table inbox drop primary key'],
  }[engine]
  for (const statement of statements) await sql`${sql.raw(statement)}`.execute(db)
}

async function deliverUnasked(...[parts, source, events]: Parameters<Deliver>): Promise<void> {
  await transaction(parts.db, systemCall, async (trx) => {
    for (const event of events) {
      for (const consumer of parts.consumers) {
        await consumer.handle(event, trx)
        await insertInbox(trx, [handledRow(consumer.name, event, parts.clock.now())])
      }
    }
    await trx
      .updateTable('event_readers')
      .set({ cursor: source.cursor })
      .where('name', '=', OWN_LOG)
      .execute()
  })
}

const BOTH = ['toy', 'younger']

/**
 * A process of the old version stops with a batch in its hands. One of the new version takes over, has everything read
 * again for a consumer that the old one does not know, and is stopped as well; then the first goes on.
 */
export const unfencedReader = defineFault<{ readonly deliver: Deliver }>({
  title: 'no fencing of the reader',
  expected: ['I3-inbox'],
  right: { deliver: deliverEvents },
  faulty: { deliver: deliverUnasked },
  async course(scene, { deliver }) {
    const stopped = await scene.startHolder()
    await change(scene, stopped)
    await sequence(stopped)
    await publish(scene, stopped)
    const lateOnes: Deliver = async (...batch) => {
      await scene.startHolder(BOTH)
      await deliver(...batch)
    }
    await read(scene, stopped, { deliver: lateOnes }).catch((error: unknown) => {
      if (!(error instanceof LeaseLostError)) throw error
    })
    await finish(scene, { consumers: BOTH })
  },
})

/** An event that failed is tried again later, and those behind it do not wait. */
export const overtaking = defineFault<{ readonly deliver: Deliver }>({
  title: 'no waiting behind a failed event',
  expected: ['I5'],
  right: { deliver: deliverEvents },
  faulty: { deliver: deliverEach },
  async course(scene, { deliver }) {
    const holder = await scene.startHolder()
    const id = await change(scene, holder)
    await change(scene, holder, { id })
    await sequence(holder)
    await publish(scene, holder)
    let event = ''
    const failAtTheFirst = ({ id: next }: { readonly id: string }): void => {
      if (event === '') event = next
      if (event === next) throw new Error('not today')
    }
    await read(scene, holder, { deliver, before: failAtTheFirst })
    const parts = scene.deliveryOf(holder)
    do scene.clock.advance(2_000)
    while ((await retryEvents(parts, holder.token)).tried > 0)
    await finish(scene)
  },
})

async function deliverEach(...[parts, source, events]: Parameters<Deliver>): Promise<void> {
  const { db, clock, consumers } = parts
  for (const event of events) {
    for (const consumer of consumers) {
      const now = clock.now()
      const row = { consumer: consumer.name, event, now }
      try {
        await transaction(db, systemCall, async (trx) => {
          await consumer.handle(event, trx)
          await insertInbox(trx, [handledRow(consumer.name, event, now)])
        })
      } catch (error) {
        const failure = { attempts: 1, due_at: new Date(now.getTime() + 1_000), last_error: String(error) }
        await transaction(db, systemCall, async (trx) => {
          await insertInbox(trx, [waitingRow({ ...row, ...failure })])
        })
      }
    }
  }
  await move(db, source.cursor)
}
