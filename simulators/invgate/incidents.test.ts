import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, basic } from './ask.ts'
import { NEW_INCIDENT, NOW_SECONDS, SITI, startScene } from './scene.ts'

const TOLD = {
  id: 1,
  title: 'Printer down',
  category_id: 11,
  description: '<p>No toner</p>\r\n',
  priority_id: 2,
  user_id: 2630,
  creator_id: 2630,
  assigned_id: null,
  assigned_group_id: 11,
  date_ocurred: NOW_SECONDS,
  source_id: 8,
  status_id: 1,
  type_id: 1,
  created_at: NOW_SECONDS,
  last_update: NOW_SECONDS,
  process_id: null,
  solved_at: null,
  closed_at: null,
  closed_reason: null,
  data_cleaned: null,
  location_id: null,
  attachments: [],
  custom_fields: [],
  sla_incident_resolution: null,
  sla_incident_first_reply: null,
  pretty_id: '#1',
  request_customer_sentiment_initial: 'neutral',
  request_customer_sentiment_current: 'neutral',
}

describe('D9 incidents of the simulated InvGate', () => {
  it('answers a create with 200 and the id of the request, in three ways', async () => {
    for (const [requestIdStyle, expected] of [
      ['string', { status: 'OK', info: 'The request was created.', request_id: '1' }],
      ['number', { status: 'OK', info: 'The request was created.', request_id: 1 }],
      ['id', { id: 1 }],
    ] as const) {
      await using scene = await startScene({ requestIdStyle })
      const { status, json } = await scene.post('incident', NEW_INCIDENT)
      assert.equal(status, 200)
      assert.deepEqual(json, expected)
    }
  })

  it('refuses a reference that it does not know under 200', async () => {
    await using scene = await startScene()
    for (const name of ['creator_id', 'customer_id', 'category_id', 'priority_id', 'type_id', 'source_id']) {
      const { status, json } = await scene.post('incident', { ...NEW_INCIDENT, [name]: '999' })
      assert.equal(status, 200)
      const info = `Invalid ${name}.`
      assert.deepEqual(json, { status: 'ERROR', info, error: info, code: 2 })
    }
    assert.deepEqual(scene.sim.store.incidents(), [])
  })

  it('tells one incident as an object, with the slashes escaped', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    const { json, text } = await scene.get('incident', '?id=1')
    assert.deepEqual(json, TOLD)
    assert.match(text, /<\\\/p>/)
  })

  it('tells numbers as strings, and less, as an old instance', async () => {
    await using scene = await startScene({ idStyle: 'legacy' })
    await scene.post('incident', { ...NEW_INCIDENT, date: '1409931849' })
    const { json } = await scene.get('incident', '?id=1')
    const { id, date_ocurred: date, pretty_id: pretty } = Object(json)
    assert.deepEqual([id, date, pretty], ['1', '1409931849', undefined])
  })

  it('tells times as asked', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    const { json } = await scene.get('incident', '?id=1&date_format=iso8601')
    const { created_at: at, solved_at: solvedAt } = Object(json)
    assert.deepEqual([at, solvedAt], ['2025-11-21T01:53:20+00:00', null])
  })

  it('says in three ways that there is none', async () => {
    for (const [notFound, status, json] of [
      ['404', 404, { error: 'Not found', status: 404 }],
      ['false', 200, false],
      ['error200', 200, null],
    ] as const) {
      await using scene = await startScene({ notFound })
      const missed = await scene.get('incident', '?id=9')
      assert.equal(missed.status, status)
      if (json === null) assert.equal(Object(missed.json).status, 'ERROR')
      else assert.deepEqual(missed.json, json)
      assert.equal((await scene.get('user.by', '?email=x@y.z')).status, status)
    }
  })

  it('changes what may be changed, and never the status', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    const { json } = await scene.put('incident', { id: '1', priority_id: '4', status_id: '6' })
    assert.deepEqual(json, { ...TOLD, priority_id: 4 })
  })

  it('moves by its actions only', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    const who = { request_id: '1', author_id: '2' }
    const status = (): number | undefined => scene.sim.store.findIncident(1)?.status_id
    for (const [method, endpoint, form, expected] of [
      ['POST', 'incident.reassign', { ...who, group_id: '11', agent_id: '2' }, 2],
      ['POST', 'incident.waitingfor.customer', { ...who, comment: 'Which printer?' }, 4],
      ['POST', 'incident.waitingfor.date', { ...who, timestamp: '1763690000' }, 4],
      ['PUT', 'incident.reopen', who, 2],
      ['POST', 'incident.comment', { ...who, comment: 'New toner', is_solution: '1' }, 5],
      ['PUT', 'incident.solution.reject', { id: '1', comment: 'No' }, 2],
      ['PUT', 'incident.solution.accept', { id: '1', rating: '5' }, 6],
      ['POST', 'incident.reject', who, 7],
      ['POST', 'incident.cancel', { ...who, comment: 'Not needed' }, 8],
    ] as const) {
      const { json } = await scene.ask(endpoint, method, { form })
      assert.equal(Object(json).status, 'OK', endpoint)
      assert.equal(status(), expected, endpoint)
    }
    const unknown = await scene.put('incident.reopen', { request_id: '99', author_id: '2' })
    assert.equal(Object(unknown.json).status, 'ERROR')
  })

  it('wants a reason for a bad rating', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    scene.sim.agent.solve(1, '<p>New toner</p>')
    const bare = await scene.put('incident.solution.accept', { id: '1', rating: '2' })
    assert.equal(bare.status, 200)
    assert.equal(Object(bare.json).status, 'ERROR')
    assert.equal((await scene.put('incident.solution.accept', { id: '1', rating: '6' })).status, 428)
    await scene.put('incident.solution.accept', { id: '1', rating: '2', comment: 'Slow' })
    const { status_id: status, rating, closed_reason: reason } = scene.sim.store.findIncident(1) ?? {}
    assert.deepEqual([status, rating, reason], [6, 2, 1])
  })
})

describe('D9 comments and attachments of the simulated InvGate', () => {
  it('answers a comment without an id, and lists it', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    const comment = { request_id: '1', comment: '<p>Still broken</p>', author_id: '2630' }
    const { json } = await scene.post('incident.comment', comment)
    assert.deepEqual(json, { status: 'OK' })
    await scene.post('incident.comment', { ...comment, comment: 'Between us', customer_visible: '0' })
    const listed = await scene.get('incident.comment', '?request_id=1')
    assert.deepEqual(Object(listed.json)[0], {
      id: 1,
      incident_id: 1,
      author_id: 2630,
      message: '<p>Still broken</p>',
      created_at: NOW_SECONDS,
      customer_visible: true,
      reference: null,
      msg_num: 1,
      is_solution: false,
      attached_files: [],
    })
    assert.equal(Object(listed.json)[1].customer_visible, false)
    assert.deepEqual((await scene.get('incident.comment', '?request_id=1&is_solution=1')).json, [])
    assert.equal((await scene.get('incident.comment', '?id=1')).status, 428)
    const embedded = await scene.get('incident', '?id=1&comments=1')
    const visible = Object(embedded.json).comments.map(
      (each: { customer_visible: unknown }) => each.customer_visible,
    )
    assert.deepEqual(visible, [1, 0])
    const unknown = await scene.post('incident.comment', { ...comment, request_id: '9' })
    assert.deepEqual(unknown.json, { status: 'ERROR', error: 'The request does not exist.' })
  })

  it('keeps files only when they come as parts named attachments[]', async () => {
    await using scene = await startScene()
    const { json } = await scene.ask('incident', 'POST', {
      json: { ...NEW_INCIDENT, attachments: ['cGhvdG8='] },
    })
    assert.equal(Object(json).status, 'OK')
    const multipart = new FormData()
    for (const [name, value] of Object.entries(NEW_INCIDENT)) multipart.append(name, value)
    multipart.append('attachments[]', new Blob(['photo']), 'photo.jpg')
    multipart.append('attachments', new Blob(['lost']), 'lost.jpg')
    await scene.ask('incident', 'POST', { multipart })
    assert.deepEqual(
      scene.sim.store.incidents().map(({ attachments }) => attachments),
      [[], [1]],
    )
    const told = await scene.get('incident.attachment', '?id=1')
    const { hash, ...rest } = Object(told.json)
    assert.match(hash, /^[\da-f]{32}$/)
    assert.deepEqual(rest, { id: 1, name: 'photo.jpg', url: '/attachments/get/1', extension: 'jpg' })
    const url = `${scene.sim.rootUrl}/attachments/get/1`
    assert.equal((await ask(url, 'GET')).text, 'photo')
    assert.equal((await ask(url, 'GET', { authorization: basic('x', 'y') })).status, 401)
  })
})

describe('D9 users of the simulated InvGate', () => {
  it('makes a user, tells it whole and never its password', async () => {
    await using scene = await startScene()
    const { json, text } = await scene.post('user', {
      name: 'Budi',
      lastname: 'Santoso',
      email: 'budi@example.test',
      pass: 'geheim',
    })
    const { id, user_type: type, other_email: other } = Object(json)
    assert.deepEqual([id, type, other], [2631, 2, null])
    assert.equal(Object.keys(Object(json)).length, 27)
    assert.doesNotMatch(text + JSON.stringify(scene.sim.journal.entries), /geheim/)
    const again = await scene.post('user', { name: 'B', lastname: 'S', email: 'BUDI@example.test' })
    assert.equal(again.status, 200)
    assert.equal(Object(again.json).code, 1)
    assert.equal((await scene.post('user', { name: 'B', lastname: 'S' })).status, 428)
  })

  it('finds users by id, address, part of an address and list', async () => {
    await using scene = await startScene()
    assert.equal(Object((await scene.get('user', '?id=2630')).json).email, SITI.email)
    assert.equal((await scene.get('user', '?id=9')).json, false)
    assert.equal(Object((await scene.get('user.by', '?email=SITI@example.test')).json).id, 2630)
    assert.equal((await scene.get('user.by')).status, 428)
    const partly = await scene.get('users.by', '?email=siti@')
    assert.deepEqual(Object.keys(Object(partly.json).data), ['2630'])
    const exactly = await scene.get('users.by', '?email=siti@&exact_match=1')
    assert.deepEqual(exactly.json, { data: [], next_page_key: null })
    const listed = await scene.get('users', '?ids[]=2630&ids[]=1')
    assert.equal(Object(listed.json).length, 2)
  })

  it('pages users by ten', async () => {
    await using scene = await startScene()
    scene.sim.seed({
      users: Array.from({ length: 11 }, (_, index) => ({ email: `p${index}@many.test` })),
    })
    const first = Object((await scene.get('users.by', '?email=many.test')).json)
    assert.equal(Object.keys(first.data).length, 10)
    const query = `?email=many.test&page_key=${encodeURIComponent(first.next_page_key)}`
    const second = Object((await scene.get('users.by', query)).json)
    assert.equal(Object.keys(second.data).length, 1)
    assert.equal(second.next_page_key, null)
  })

  it('changes, removes and joins users', async () => {
    await using scene = await startScene()
    assert.deepEqual((await scene.put('user', { id: '2630', phone: '0812' })).json, { status: 'OK' })
    assert.equal(scene.sim.store.findUser(2630)?.phone, '0812')
    for (const endpoint of ['companies.users', 'groups.users', 'locations.users']) {
      const joined = await scene.post(endpoint, { id: '1', 'users[]': '2630' })
      assert.deepEqual(joined.json, { 2630: true })
    }
    const gone = await scene.ask('user', 'DELETE', { query: '?id=2630' })
    assert.deepEqual(gone.json, { status: 'OK' })
    assert.equal(Object((await scene.ask('user', 'DELETE', { query: '?id=2630' })).json).status, 'ERROR')
  })
})
