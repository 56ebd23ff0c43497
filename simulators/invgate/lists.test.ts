import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NOW_SECONDS, SITI, startScene } from './scene.ts'

const seed = {
  users: [SITI],
  incidents: Array.from({ length: 5 }, (_, index) => ({
    title: `Ticket ${index + 1}`,
    user_id: 2630,
    assigned_id: 2,
    status_id: index === 4 ? 6 : 1,
  })),
}
/** What a configured default key would be: that of the second page of a view. */
const KEY_OF_PAGE_TWO = 'eyJsYXN0X2lkIjoxMDAwfQ=='

describe('D9 lists of the simulated InvGate', () => {
  it('lists by ids as a map, and nothing without them', async () => {
    await using scene = await startScene({ seed })
    const { json } = await scene.get('incidents', '?ids[]=1&ids[1]=3&ids[]=99')
    assert.deepEqual(Object.keys(Object(json)), ['1', '3'])
    assert.deepEqual((await scene.get('incidents', '?ids[]=99')).json, [])
    for (const query of ['', '?ids=1,2', '?page_key=x', '?page=1&page_size=10']) {
      assert.equal((await scene.get('incidents', query)).status, 428, query)
    }
  })

  it('lists ids by status, help desk and view', async () => {
    await using scene = await startScene({ seed })
    assert.deepEqual(
      (await scene.get('incidents.by.status', '?status_ids[]=1&status_ids[]=6&offset=3')).json,
      {
        status: 'OK',
        info: 'Returned a list of the requests related to the given status.',
        requestIds: [4, 5],
        limit: null,
        offset: 3,
        total: 5,
      },
    )
    const desk = await scene.get('incidents.by.helpdesk', '?helpdesk_id=11&limit=2')
    assert.deepEqual(Object(desk.json).requestIds, [1, 2])
    assert.deepEqual(Object((await scene.get('incidents.by.view', '?view_id=7')).json).total, 5)
    assert.equal((await scene.get('incidents.by.view')).status, 428)
    for (const endpoint of ['incidents.by.status', 'incidents.by.helpdesk', 'incidents.by.customer']) {
      const { status, json } = await scene.get(endpoint)
      assert.deepEqual([status, Object(json).status], [200, 'ERROR'])
    }
    const wrong = await scene.get('incidents.by.helpdesk', '?id=11')
    assert.equal(Object(wrong.json).info, 'None of the provided helpdesk_ids is an INTEGER.')
  })

  it('lists the open ones of a person, newest first, page by page', async () => {
    await using scene = await startScene({ seed })
    for (const query of ['?id=2630', '?email=siti@example.test']) {
      const first = Object((await scene.get('incidents.by.customer', `${query}&limit=3`)).json)
      assert.deepEqual(Object.keys(first.requests).sort(), ['2', '3', '4'])
      assert.equal(first.next_page_key, Buffer.from('{"last_id":2}').toString('base64'))
      const key = encodeURIComponent(first.next_page_key)
      const second = Object((await scene.get('incidents.by.customer', `${query}&page_key=${key}`)).json)
      assert.deepEqual(Object.keys(second.requests), ['1'])
      assert.equal(second.next_page_key, null)
    }
    const agent = Object((await scene.get('incidents.by.agent', '?id=2&comments=1')).json)
    assert.equal(Object.keys(agent.requests).length, 4)
    const none = Object((await scene.get('incidents.by.customer', '?id=1')).json)
    assert.deepEqual([none.requests, none.next_page_key], [[], null])
    assert.equal((await scene.get('incidents.by.customer', '?id=2630&page_key=nonsense')).status, 428)
  })

  it('shows a view in rows of their own shape, and nothing behind a key that is not its own', async () => {
    await using scene = await startScene({ seed, pageSize: 2 })
    const first = Object((await scene.get('incidents.details.by.view', '?view_id=7&creator_id=1')).json)
    assert.deepEqual(first.metadata, [{ id: 'request', label: 'Request' }])
    assert.equal(first.data.length, 2)
    assert.deepEqual(first.data[0].request, {
      subject: 'Ticket 1',
      category: { id: 11, label: 'Hardware' },
      type: { id: 1, label: 'Incident' },
    })
    assert.deepEqual(first.data[0].status, { id: 1, label: 'New' })
    assert.equal(first.data[0].creation_date.value, NOW_SECONDS)
    assert.equal(first.next_page_key, Buffer.from('{"last_id":2}').toString('base64'))
    const skipped = await scene.get('incidents.details.by.view', `?view_id=7&page_key=${KEY_OF_PAGE_TWO}`)
    assert.deepEqual(Object(skipped.json).data, [])
    const descending = await scene.get('incidents.details.by.view', '?view_id=7&order_by=desc')
    assert.equal(Object(descending.json).data[0].id, 5)
    assert.equal((await scene.get('incidents.details.by.view')).status, 428)
  })

  it('lists the last hour in both forms that were seen', async () => {
    const old = { ...seed, incidents: [...seed.incidents, { title: 'Old', created_at: NOW_SECONDS - 3_601 }] }
    await using scene = await startScene({ seed: old })
    const { data, next_page_key: key } = Object((await scene.get('incidents.last.hour')).json)
    assert.deepEqual([data.length, key], [5, null])
    await using flat = await startScene({ seed: old, hasFlatLastHour: true })
    assert.equal(Object((await flat.get('incidents.last.hour')).json).length, 5)
  })
})

describe('D9 catalogues of the simulated InvGate', () => {
  it('lists the attributes, and one by its id', async () => {
    await using scene = await startScene()
    for (const [name, count, first] of [
      ['status', 8, 'New'],
      ['statuses', 8, 'New'],
      ['priority', 5, 'Low'],
      ['type', 6, 'Incident'],
      ['source', 14, 'Mail'],
    ] as const) {
      const { json } = await scene.get(`incident.attributes.${name}`)
      assert.equal(Object(json).length, count)
      assert.deepEqual(Object(json)[0], { id: 1, name: first })
    }
    const one = await scene.get('incident.attributes.priority', '?id=5')
    assert.deepEqual(one.json, { id: 5, name: 'Critical' })
    for (const name of ['helpdesks', 'locations', 'groups', 'companies']) {
      assert.equal(Object((await scene.get(name)).json).length, 1, name)
    }
    assert.deepEqual((await scene.get('sd.version')).json, { version: 'v8.15.13' })
  })

  it('gives categories by twenty, with their ids as strings', async () => {
    await using scene = await startScene()
    const size = async (query: string): Promise<number> =>
      Object((await scene.get('categories', query)).json).length
    assert.deepEqual(
      [await size(''), await size('?page=3'), await size('?page=4'), await size('?page_size=500')],
      [20, 5, 0, 45],
    )
    await using old = await startScene({ mostCategories: 'all' })
    assert.equal(Object((await old.get('categories', '?page=2')).json).length, 45)
    const found = await scene.get('incident.attributes.category', '?search=hard')
    assert.deepEqual(found.json, [{ id: '11', name: 'Hardware', parent_category_id: 1 }])
  })
})
