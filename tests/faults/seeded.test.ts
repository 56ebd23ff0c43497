import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Backend, engines, onEach } from '#tests/backends'
import { announceAfterCommit, positionFromASequence, publishBeforeCommit } from './announcing.ts'
import { createMemoryBroker, createNatsBroker } from './brokers.ts'
import type { Fault } from './fault.ts'
import { acknowledgeBeforeCommit, cursorOverIds, noInboxKey, overtaking, unfencedReader } from './reading.ts'
import { markBeforePublish, secondRelay, unfencedRelay } from './relaying.ts'
import { createScene } from './scene.ts'
import { unfencedTimer } from './timing.ts'

/** Each shows in a course of events that leaves no trace when it is gone through without the mistake. */
const faults: readonly Fault[] = [
  publishBeforeCommit,
  announceAfterCommit,
  markBeforePublish,
  cursorOverIds,
  acknowledgeBeforeCommit,
  noInboxKey,
  overtaking,
  unfencedTimer,
  unfencedRelay,
  unfencedReader,
  secondRelay,
  positionFromASequence,
]

const brokers = [
  { name: 'a broker in memory', missing: false, provide: createMemoryBroker, chosen: faults },
  {
    name: 'NATS',
    missing: process.env['TEST_NATS_URL'] ? false : 'TEST_NATS_URL not set',
    provide: createNatsBroker,
    chosen: faults.filter(({ isAtBroker }) => isAtBroker),
  },
]

onEach(engines, 'the checker against seeded faults', (backend) => {
  for (const { name, missing, provide, chosen } of brokers) {
    describe(`at ${name}`, { skip: missing }, () => {
      let caught = 0

      for (const fault of chosen) {
        it(`E1 catches: ${fault.title}`, async () => {
          assert.deepEqual(await judge(fault, 'right'), [], 'the program itself must be without fault')
          assert.deepEqual(await judge(fault, 'faulty'), fault.expected)
          caught += 1
        })
      }

      it('E1 catches all of them', (test) => {
        test.diagnostic(`${caught}/${chosen.length} caught on ${backend.name} at ${name}`)
        assert.equal(caught, chosen.length)
      })

      async function judge(fault: Fault, variant: 'right' | 'faulty'): Promise<readonly string[]> {
        return await judgeOn(backend, { fault, variant, provide })
      }
    })
  }
})

type Trial = {
  readonly fault: Fault
  readonly variant: 'right' | 'faulty'
  readonly provide: typeof createNatsBroker
}

/** The invariants that do not hold; with the sentences when nothing should be wrong. */
async function judgeOn(backend: Backend, { fault, variant, provide }: Trial): Promise<readonly string[]> {
  const scene = await createScene(backend, provide)
  try {
    await fault.run(scene, variant)
    const violations = await scene.violations()
    if (variant === 'right') return violations.map(({ invariant, message }) => `${invariant} ${message}`)
    return [...new Set(violations.map(({ invariant }) => invariant))].toSorted()
  } finally {
    await scene.remove()
  }
}
