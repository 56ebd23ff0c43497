import assert from 'node:assert/strict'
import { afterEach, beforeEach, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import {
  createEventPlace,
  createToyConsumer,
  type EventPlace,
  eventually,
  toyEvent,
} from '#tests/event-place'

onEach(engines, 'events that are hard to bring', (backend) => {
  let at: EventPlace
  beforeEach(async () => {
    at = await createEventPlace(backend)
  })
  afterEach(async () => await at.remove())

  it('E1 notes a failure whose words the database could not hold', async () => {
    const consumer = createToyConsumer({
      name: 'fragile',
      before: ({ subject }) => {
        if (subject === 'x/bad') throw new Error('there is a \0 in it')
      },
    })
    await at.relay({ consumers: [consumer] })
    await at.append(toyEvent('x/bad', 1))
    await at.append(toyEvent('x/good', 1))
    await eventually(at.effects, (rows) => rows.length === 1, 5_000)
    const rows = await at.db.selectFrom('inbox').selectAll().where('due_at', 'is not', null).execute()
    assert.equal(rows.length, 1)
  })
})
