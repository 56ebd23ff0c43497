import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startScene } from './scene.ts'

const TICKET = { title: 'Printer down', description: 'No toner', creator_id: 'siti@example.test' }

describe('D9 the simple dialect of the simulated InvGate', () => {
  it('makes a ticket of JSON and answers it with its id', async () => {
    await using scene = await startScene({ dialect: 'simple' })
    const { status, json } = await scene.ask('incidents', 'POST', { json: { ...TICKET, priority_id: 3 } })
    assert.equal(status, 200)
    assert.deepEqual(json, {
      id: 1,
      title: 'Printer down',
      description: 'No toner',
      source_id: 8,
      creator_id: 2630,
      customer_id: 2630,
      category_id: 11,
      type_id: 1,
      priority_id: 3,
      status_id: 1,
      status: 'new',
      created_at: '2025-11-21T01:53:20.000Z',
      updated_at: '2025-11-21T01:53:20.000Z',
    })
    assert.deepEqual((await scene.get('incidents/1')).json, json)
    assert.equal((await scene.get('incidents/2')).status, 404)
  })

  it('lists the tickets of a creator, page by page', async () => {
    await using scene = await startScene({ dialect: 'simple', pageSize: 2 })
    for (const creator_id of [TICKET.creator_id, 2630, 2630, 'budi@example.test']) {
      await scene.ask('incidents', 'POST', { json: { ...TICKET, creator_id } })
    }
    const first = Object((await scene.get('incidents', '?creator_id=siti@example.test')).json)
    assert.deepEqual(
      first.data.map(({ id }: { id: number }) => id),
      [3, 2],
    )
    const key = encodeURIComponent(first.page_key)
    const second = Object((await scene.get('incidents', `?creator_id=2630&page_key=${key}`)).json)
    assert.deepEqual([second.data.length, second.page_key], [1, ''])
    const none = await scene.get('incidents', '?creator_id=nobody@example.test')
    assert.deepEqual(none.json, { page_key: '', data: [] })
    assert.equal(Object((await scene.get('incidents')).json).data.length, 2)
  })

  it('refuses what it cannot take', async () => {
    await using scene = await startScene({ dialect: 'simple' })
    const { title: _, ...untitled } = TICKET
    const refused = await scene.ask('incidents', 'POST', { json: untitled })
    assert.deepEqual(
      [refused.status, refused.json],
      [400, { error: 'title and description are required', status: 400 }],
    )
    assert.equal((await scene.post('incidents', {})).status, 400)
    assert.equal((await scene.get('incidents', '', { authorization: null })).status, 401)
    assert.equal((await scene.ask('incidents', 'PUT')).status, 405)
    assert.equal((await scene.get('incident', '?id=1')).status, 404)
  })
})
