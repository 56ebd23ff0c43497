import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { engines, onEach } from '#tests/backends'
import {
  createEventPlace,
  createToyConsumer,
  type EventPlace,
  eventually,
  toyEvent,
} from '#tests/event-place'
import { systemClock } from '../clock.ts'
import { acquireLease, nameHolder, releaseLease } from './lease.ts'
import { READ_AT_ONCE } from './readers.ts'
import { sequenceEvents } from './sequence.ts'

onEach(engines, 'passing events on without a broker', (backend) => {
  let at: EventPlace
  beforeEach(async () => {
    at = await createEventPlace(backend)
  })
  afterEach(async () => await at.remove())

  /** How many events have a position, and how many effects there are, in one look. */
  const look = async () => {
    const { positions, effects } = await at.db
      .selectNoFrom((eb) => [
        eb
          .selectFrom('outbox')
          .select((rows) => rows.fn.count<number>('position').as('count'))
          .as('positions'),
        eb
          .selectFrom('toy_effects')
          .select((rows) => rows.fn.countAll<number>().as('count'))
          .as('effects'),
      ])
      .executeTakeFirstOrThrow()
    return { positions: Number(positions), effects: Number(effects) }
  }

  it('E1 commits the positions of a batch with its effects', async () => {
    await at.relay({ consumers: [createToyConsumer({ name: 'toy' })] })
    await at.append(toyEvent('x/0', 1))
    await eventually(at.effects, (rows) => rows.length === 1)
    const appended = (async () => {
      for (let each = 1; each <= 60; each += 1) await at.append(toyEvent(`x/${each}`, 1))
    })()
    for (;;) {
      const { positions, effects } = await look()
      assert.equal(positions, effects)
      if (effects === 61) break
      await nextTurn()
    }
    await appended
    assert.doesNotMatch(at.logged(), /tried apart/)
  })

  it('E1 gives a position to what cannot take effect, and goes on in one when it can', async () => {
    let isBroken = false
    const fragile = createToyConsumer({
      name: 'fragile',
      before: () => {
        if (isBroken) throw new Error('not today')
      },
    })
    await at.relay({ consumers: [fragile] })
    await at.append(toyEvent('x/0', 1))
    await eventually(look, ({ effects }) => effects === 1)
    isBroken = true
    await at.append(toyEvent('x/1', 1), toyEvent('x/2', 1))
    await eventually(look, ({ positions }) => positions === 3)
    assert.equal((await look()).effects, 1)
    assert.match(at.logged(), /tried apart/)
    isBroken = false
    // Both are tried again; nothing comes twice.
    await eventually(look, ({ effects }) => effects === 3)
    const words = at.logged().length
    await at.append(toyEvent('x/3', 1))
    await eventually(look, ({ effects }) => effects === 4)
    assert.doesNotMatch(at.logged().slice(words), /tried apart/)
  })

  it('E1 first has take effect what an earlier term has given positions to', async () => {
    const { db } = at.database
    const holder = nameHolder()
    const lease = await acquireLease({ db, clock: systemClock, holder })
    assert.ok('token' in lease)
    const left = READ_AT_ONCE * 2 + 1
    for (let version = 1; version <= left; version += 1) await at.append(toyEvent('x/1', version))
    while ((await sequenceEvents({ db, token: lease.token })) > 0);
    for (let version = left + 1; version <= left + 10; version += 1) await at.append(toyEvent('x/1', version))
    await releaseLease({ db, clock: systemClock, holder }, lease.token)
    await at.relay({ consumers: [createToyConsumer({ name: 'toy' })] })
    const effects = await eventually(at.effects, (rows) => rows.length === left + 10)
    assert.deepEqual(
      effects.map(({ version }) => version),
      Array.from({ length: left + 10 }, (_, index) => index + 1),
    )
  })
})
