import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Outcome, TimerKind } from '#platform/timers/timer'
import { keepInLanes } from './invgate-lanes.ts'

const NOW = new Date('2030-10-07T02:00:00.000Z')
const MANY = 3_000

function scene({ chance }: { readonly chance: number }) {
  const { promise: answer, resolve } = Promise.withResolvers<void>()
  const work: TimerKind['handle'] = async (_timer, complete) => {
    await answer
    await complete(async () => {})
  }
  const [ticket, user] = keepInLanes(
    { clock: { now: () => NOW }, chance: () => chance },
    { kind: 'ticket', handle: work },
    { kind: 'user', handle: work },
  )
  assert.ok(ticket && user)
  const outcomes: (Outcome | void)[] = []
  const begin = ({ handle }: TimerKind) =>
    handle({ subject: 'a', dueAt: NOW, attempt: 1, data: 'kept' }, async (complete) => {
      // Nothing here asks for rows.
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion
      outcomes.push(await complete({} as never))
      return true
    })
  return { ticket, user, begin, outcomes, answer: resolve }
}

it('D6 gives what waits for InvGate four places, and none of both kinds more than three', async () => {
  const { ticket, user, begin, outcomes, answer } = scene({ chance: 0 })
  const underWay = [user, user, user].map(begin)
  await begin(user)
  underWay.push(begin(ticket))
  await begin(ticket)
  const again = new Date(NOW.getTime() + 500)
  assert.deepEqual(outcomes, [
    { again, data: 'kept' },
    { again, data: 'kept' },
  ])
  answer()
  await Promise.all(underWay)
  assert.equal(outcomes.length, 6)
  await begin(user)
  assert.equal(outcomes.at(-1), undefined)
})

it('D6 asks again within two seconds, and where thousands wait within half a minute', async () => {
  const { user, begin, outcomes, answer } = scene({ chance: 1 })
  const underWay = [user, user, user].map(begin)
  for (let count = 0; count < MANY; count += 1) await begin(user)
  const waits = outcomes.map((outcome) => (outcome?.again.getTime() ?? 0) - NOW.getTime())
  assert.deepEqual([waits[0], waits.at(-1)], [2_000, 30_000])
  answer()
  await Promise.all(underWay)
})
