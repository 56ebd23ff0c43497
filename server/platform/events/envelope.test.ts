import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Compile } from 'typebox/compile'
import { EventEnvelope } from './envelope.ts'

const envelope = Compile(EventEnvelope)

const valid = {
  specversion: '1.0',
  id: '01a1fd81-1de7-73a3-af6a-c1ebd8a29bc6',
  source: '/karya/01a1fd81-0000-7000-8000-000000000000',
  type: 'toy.changed',
  subject: 'toy/1',
  time: '2026-11-21T08:00:00.000Z',
  datacontenttype: 'application/json',
  dataschema: 'urn:karya:event-schema:toy.changed',
  data: {},
  position: 1,
  recordversion: 1,
}

it('E4 takes an event as it is made here, with attributes that it does not know', () => {
  assert.ok(envelope.Check(valid))
  assert.ok(envelope.Check({ ...valid, subject: 's'.repeat(200), weather: 'rain' }))
})

it('E4 takes no event that an inbox could not hold, for it would stand in the way of all that follow', () => {
  const tooMuch = [
    { subject: 's'.repeat(201) },
    { subject: 'toy/\0' },
    { source: '/karya/\0' },
    { id: valid.id.toUpperCase() },
    { position: 2 ** 63 },
    { recordversion: 1e300 },
  ]
  for (const change of tooMuch) assert.ok(!envelope.Check({ ...valid, ...change }), JSON.stringify(change))
})
