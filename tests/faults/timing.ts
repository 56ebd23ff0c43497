import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { claimTimers, completeTimer, upsertTimer } from '#platform/timers/claims'
import { defineFault } from './fault.ts'
import type { Scene } from './scene.ts'
import { finish } from './steps.ts'

/** Mistakes of timers. */

type Complete = typeof completeTimer

const KIND = 'toy.end'
const CLAIM_OVER_MS = 31_000

/** A process stops with a timer in its hands until another has ended that, and then ends it too. */
export const unfencedTimer = defineFault<{ readonly complete: Complete }>({
  title: 'no fencing of timers',
  expected: ['I7'],
  right: { complete: completeTimer },
  faulty: {
    async complete({ db, claim, work }) {
      await transaction(db, systemCall, async (trx) => {
        await work(trx)
        await trx
          .deleteFrom('timers')
          .where('kind', '=', claim.kind)
          .where('subject', '=', claim.subject)
          .execute()
      })
      return true
    },
  },
  async course(scene, { complete }) {
    const [stopped, successor] = [scene.start(), scene.start()]
    const timer = { kind: KIND, subject: 'a', dueAt: scene.clock.now() }
    await transaction(stopped.db, systemCall, async (trx) => await upsertTimer(trx, timer))
    const first = await claim(scene, stopped.db)
    scene.clock.advance(CLAIM_OVER_MS)
    const second = await claim(scene, successor.db)
    for (const { db, held } of [
      { db: successor.db, held: second },
      { db: stopped.db, held: first },
    ]) {
      await complete({
        db,
        claim: held,
        work: async (trx) => {
          const row = { kind: KIND, subject: held.subject, due_at: held.dueAt }
          await trx.withTables<ToyTables>().insertInto('toy_endings').values(row).execute()
        },
      })
    }
    await finish(scene)
  },
})
type ToyTables = { toy_endings: { kind: string; subject: string; due_at: Date } }

async function claim({ clock }: Scene, db: Parameters<typeof claimTimers>[0]['db']) {
  const [claimed] = await claimTimers({ db, clock, kinds: [KIND], limit: 1 })
  if (claimed === undefined) throw new Error('there was no timer to claim')
  return claimed
}
