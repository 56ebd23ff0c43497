import { systemCall } from '#platform/call'
import type { PlatformTables } from '#platform/database/tables'
import { transaction } from '#platform/database/transaction'
import { toEnvelope } from '#platform/events/envelope'
import { acquireLease, LeaseLostError } from '#platform/events/lease'
import { assignPositions, findHead, findPending, readLog } from '#platform/events/log'
import { findPublished, publishEvents } from '#platform/events/publish'
import { sequenceEvents } from '#platform/events/sequence'
import { defineFault } from './fault.ts'
import { type Holder, type Process, type Scene, untilDeath } from './scene.ts'
import { change, finish, type Publish, publish, sequence } from './steps.ts'

/** Mistakes of the relay, which gives positions and publishes. */

/** How far the broker has got is written down before the broker has got there. */
export const markBeforePublish = defineFault<{ readonly publish: Publish }>({
  title: 'mark before publish',
  expected: ['I3-message'],
  isAtBroker: true,
  right: { publish: publishEvents },
  faulty: {
    async publish({ db, installation, carrier }, after) {
      const rows = await readLog(db, { after, limit: 100 })
      const position = rows.at(-1)?.position ?? after
      await db.updateTable('event_publishers').set({ position }).where('carrier', '=', carrier.name).execute()
      if (rows.length > 0) await carrier.publish(rows.map((row) => toEnvelope(row, installation)))
      return position
    },
  },
  async course(scene, { publish: step }) {
    const { carrier } = scene.broker
    const deaths: ((die: () => never) => Publishing)[] = [
      (die) => async () => await Promise.resolve().then(die),
      (die) => async (events) => await carrier.publish(events).then(die),
    ]
    for (const death of deaths) {
      const holder = await scene.startHolder()
      await change(scene, holder)
      await sequence(holder)
      const mortal = { ...carrier, publish: death(holder.die) }
      await untilDeath(async () => await publish(scene, holder, { step, carrier: mortal }))
    }
    await finish(scene, { publish: step })
  },
})
type Publishing = Scene['broker']['carrier']['publish']

/** A step in two halves, between which anything may happen; the program has nothing to do in the first. */
type Begin = (scene: Scene, holder: Holder) => Promise<() => Promise<unknown>>

/** A process stops between reading and writing until another has taken over, and then goes on. */
export const unfencedRelay = defineFault<{ readonly begin: Begin }>({
  title: 'no fencing of the relay',
  expected: ['I3-position'],
  right: {
    begin: async (_scene, { db, token }) =>
      await Promise.resolve(async () => await sequenceEvents({ db, token })),
  },
  faulty: {
    async begin(_scene, { db }) {
      const ids = await transaction<PlatformTables, string[]>(db, systemCall, async (trx) =>
        (await findPending(trx, 100)).pending.map(({ id }) => id),
      )
      return async () =>
        await transaction(db, systemCall, async (trx) => {
          await assignPositions(trx, { head: await findHead(trx), ids })
        })
    },
  },
  async course(scene, { begin }) {
    const stopped = await scene.startHolder()
    await change(scene, stopped)
    await change(scene, stopped)
    const goOn = await begin(scene, stopped)
    const successor = await scene.startHolder()
    await sequenceEvents({ ...successor, limit: 1 })
    await goOn().catch((error: unknown) => {
      if (!(error instanceof LeaseLostError)) throw error
    })
    await finish(scene)
  },
})

type Take = (scene: Scene, process: Process) => Promise<() => Promise<unknown>>

/** Two relays share the work: each takes the next event, and the second is the quicker. */
export const secondRelay = defineFault<{ readonly take: Take }>({
  title: 'a second relay without lease',
  expected: ['I5'],
  isAtBroker: true,
  right: {
    async take(scene, process) {
      const lease = await acquireLease({ ...process, clock: scene.clock })
      return async () => {
        if ('token' in lease) await publish(scene, { ...process, token: lease.token, consumers: [] })
      }
    },
  },
  faulty: {
    async take({ broker: { carrier }, installation }, { db }) {
      const after = await findPublished({ db, token: 0, installation, carrier })
      const [row] = await readLog(db, { after, limit: 1 })
      if (row === undefined) throw new Error('there is nothing to publish')
      await db.updateTable('event_publishers').set({ position: row.position }).execute()
      return async () => await carrier.publish([toEnvelope(row, installation)])
    },
  },
  async course(scene, { take }) {
    const holder = await scene.startHolder()
    const id = await change(scene, holder)
    await change(scene, holder, { id })
    await sequence(holder)
    scene.clock.advance(60_000)
    const slow = await take(scene, scene.start())
    const quick = await take(scene, scene.start())
    await quick()
    await slow()
    await finish(scene)
  },
})
