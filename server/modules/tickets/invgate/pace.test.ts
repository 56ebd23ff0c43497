import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createPace, type Pace } from './pace.ts'

/** Takes turns while time passes only by waiting for them; answers when each one went, in ms. */
async function turns(
  count: number,
  pace: (parts: { monotonicMs: () => number; sleep: (ms: number) => Promise<void> }) => Pace,
): Promise<number[]> {
  let waited = 0
  const taking = pace({
    monotonicMs: () => 0,
    sleep: async (ms) => {
      waited = ms
    },
  })
  const went: number[] = []
  for (let turn = 0; turn < count; turn += 1) {
    waited = 0
    await taking.take(60_000)
    went.push(waited)
  }
  return went
}

describe('D4 the pace of requests to InvGate', () => {
  it('lets no more than so many go in any second', async () => {
    const went = await turns(8, (parts) => createPace({ perSecond: 3, ...parts }))
    assert.deepEqual(went, [0, 0, 0, 1_000, 1_000, 1_000, 2_000, 2_000])
  })

  it('waits for as long as InvGate wants', async () => {
    const went = await turns(4, (parts) => {
      const pace = createPace({ perSecond: 3, ...parts })
      pace.pauseFor(700)
      pace.pauseFor(200)
      return pace
    })
    assert.deepEqual(went, [700, 700, 700, 1_700])
  })

  it('lets nobody wait who has not the time, and gives their turn to another', async () => {
    let now = 0
    const pace = createPace({ perSecond: 1, monotonicMs: () => now, sleep: async () => {} })
    await pace.take(0)
    await assert.rejects(pace.take(999), { code: 'resting', mayBeDone: false, retryAfterMs: 1_000 })
    now = 1_000
    await pace.take(0)
  })
})
