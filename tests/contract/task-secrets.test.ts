import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { listen } from '#tests/listener'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'

const TASKS = '/api/v1/tasks'
const MY_WORK = '/api/v1/my-work'
const SECRET = 'Rahasia'

onEach(engines, 'what is told of tasks', (backend) => {
  let app: TestApp
  let owner: Person
  let assignee: Person
  let stranger: Person

  before(async () => {
    app = await startTestApp(backend)
    owner = await app.enrol()
    assignee = await app.enrol('operator')
    stranger = await app.enrol()
    await eventually(
      async () => await ask('POST', TASKS, owner, { title: 'Ada', assignee_id: assignee.id }),
      ({ status }) => status === 201,
    )
  })
  after(async () => await app.stop())

  type Caller = Pick<Person, 'token'>

  async function ask(method: string, url: string, { token }: Caller, body?: unknown): Promise<Answer> {
    return await app.ask(method, url, { token, ...(body === undefined ? {} : { body }) })
  }

  async function must(method: string, url: string, by: Caller, body?: unknown) {
    const answer = await ask(method, url, by, body)
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }

  async function openTask(fields: object = {}, by: Person = owner): Promise<string> {
    const body = { title: SECRET, assignee_id: assignee.id, ...fields }
    return (await must('POST', TASKS, by, body)).id
  }

  /** A token with no more than these permissions. */
  async function tokenOf(by: Person, ...permissions: readonly string[]): Promise<Caller> {
    return await must('POST', '/api/v1/tokens', by, { name: 'Robot', permissions })
  }

  it('T4 the stream of events tells the task to owner, assignee and administrators, and not to others', async () => {
    const manager = await app.enrol('production_manager')
    const hearers = [owner, assignee, app.administrator]
    const others = [stranger, manager, await app.enrol('agent')]
    const address = await app.app.http.listen({ port: 0, host: '127.0.0.1' })
    const url = `${address}/api/v1/events/stream?types=task.*`
    const told = await Promise.all(hearers.map(async ({ token }) => await listen(url, { token })))
    const untold = await Promise.all(others.map(async ({ token }) => await listen(url, { token })))
    const id = await openTask()
    await must('POST', `${TASKS}/${id}/comments`, assignee, { text: SECRET })
    await must('PATCH', `${TASKS}/${id}`, owner, { status: 'done' })
    await must('DELETE', `${TASKS}/${id}`, owner)
    const seen = await Promise.all(told.map(async (listener) => await listener.receive(4)))
    for (const messages of seen)
      assert.deepEqual(
        messages.map(({ type }) => type),
        ['task.created', 'task.commented', 'task.completed', 'task.deleted'],
      )
    // Each hears of their own task, which is after everything of the other one.
    for (const [index, listener] of untold.entries()) {
      const own = await must('POST', TASKS, others[index] ?? assert.fail(), { title: 'Sendiri' })
      const messages = await listener.receive(1)
      assert.deepEqual(
        messages.map(({ subject }) => subject),
        [`task/${own.id}`],
      )
      assert.ok(!listener.text().includes(SECRET))
    }
    for (const listener of [...told, ...untold]) listener.leave()
  })

  it('T4 the log of events and the activity tell nobody of it who may not read any task', async () => {
    const id = await openTask()
    await must('POST', `${TASKS}/${id}/comments`, owner, { text: SECRET })
    const staff = [await app.enrol('production_manager'), await app.enrol('agent')]
    for (const person of [stranger, assignee, ...staff])
      assert.equal((await ask('GET', '/api/v1/events?type=task.*', person)).status, 403)
    const questions = [
      `subject=task/${id}`,
      'type=task.*',
      'type=task.created',
      `actor_id=${owner.id}`,
      'limit=100',
    ]
    const seen = await eventually(
      async () => await ask('GET', `/api/v1/activity?subject=task/${id}`, app.administrator),
      ({ body }) => body.data.length > 0,
    )
    assert.ok(seen.text.includes(SECRET))
    for (const person of staff)
      for (const question of questions) {
        const { status, text } = await ask('GET', `/api/v1/activity?${question}`, person)
        assert.equal(status, 200, text)
        assert.ok(!text.includes(SECRET) && !text.includes(id), `${question}: ${text}`)
      }
  })

  it('T3 notifications, the list of work and the calendar of others have nothing of it', async () => {
    const feeds = new Map<Person, string>()
    for (const person of [owner, assignee, stranger])
      feeds.set(person, new URL((await must('POST', `${TASKS}/feed`, person)).url).pathname)
    const id = await openTask({ due_at: '2030-01-01T00:00:00.000Z' })
    const about = async (person: Person) => {
      const notices = await must('GET', '/api/v1/notifications?limit=100', person)
      const work = await must('GET', `${MY_WORK}?limit=100`, person)
      const calendar = await app.ask('GET', feeds.get(person) ?? assert.fail())
      assert.equal(calendar.status, 200, calendar.text)
      return [JSON.stringify(notices), JSON.stringify(work), calendar.text].map((text) => text.includes(id))
    }
    await eventually(
      async () => await about(assignee),
      (found) => found.every(Boolean),
    )
    // Who opened it knows of it, and has given it away.
    assert.deepEqual(await about(owner), [false, false, true])
    assert.deepEqual(await about(stranger), [false, false, false])
  })

  it('T1 whoever gives away what was given to them sees it no more', async () => {
    const id = await openTask()
    const other = await app.enrol()
    const given = await eventually(
      async () => await ask('PATCH', `${TASKS}/${id}`, assignee, { assignee_id: other.id }),
      ({ status }) => status !== 400,
    )
    assert.equal(given.status, 200, given.text)
    for (const [method, body] of [['GET'], ['PATCH', { title: 'Kembali' }], ['DELETE']] as const)
      assert.equal((await ask(method, `${TASKS}/${id}`, assignee, body)).status, 404, method)
    assert.equal((await ask('GET', `${TASKS}/${id}/comments`, assignee)).status, 404)
    for (const person of [owner, other])
      assert.equal((await ask('GET', `${TASKS}/${id}`, person)).status, 200)
    await eventually(
      async () => [await ask('GET', MY_WORK, assignee), await ask('GET', MY_WORK, other)],
      ([before, now]) => before?.text.includes(id) === false && now?.text.includes(id) === true,
    )
    assert.equal((await ask('PATCH', `${TASKS}/${id}`, other, { assignee_id: null })).status, 200)
    assert.equal((await ask('GET', `${TASKS}/${id}`, other)).status, 404)
  })

  it('T1 an owner who was disabled sees nothing, and who was given the task goes on with it', async () => {
    const leaver = await app.enrol()
    const id = await openTask({ due_at: '2030-01-01T00:00:00.000Z' }, leaver)
    const feed = new URL((await must('POST', `${TASKS}/feed`, leaver)).url).pathname
    const robot = await tokenOf(leaver, 'tasks:read')
    await must('PATCH', `/api/v1/users/${leaver.id}`, app.administrator, { disabled: true })
    for (const caller of [leaver, robot])
      for (const url of [TASKS, `${TASKS}/${id}`, MY_WORK])
        assert.equal((await ask('GET', url, caller)).status, 401, url)
    const gone = await eventually(
      async () => await app.ask('GET', feed),
      ({ status }) => status !== 200,
    )
    assert.deepEqual([gone.status, gone.body.code], [404, 'feed_not_found'])
    assert.equal((await must('PATCH', `${TASKS}/${id}`, assignee, { status: 'done' })).status, 'done')
    const refused = await ask('PATCH', `${TASKS}/${await openTask()}`, owner, { assignee_id: leaver.id })
    assert.equal(refused.status, 400, refused.text)
  })

  it('T1 a token does what its permissions say, and no more than who made it', async () => {
    const id = await openTask()
    const one = `${TASKS}/${id}`
    const reader = await tokenOf(owner, 'tasks:read')
    const other = await tokenOf(owner, 'profile:read')
    const writer = await tokenOf(owner, 'tasks:write')
    assert.equal((await ask('GET', one, reader)).status, 200)
    assert.equal((await ask('PATCH', one, writer, { title: SECRET })).status, 200)
    for (const [caller, method, url, body] of [
      [reader, 'PATCH', one, { title: 'Lain' }],
      [reader, 'DELETE', one],
      [reader, 'POST', TASKS, { title: 'Lain' }],
      [reader, 'POST', `${one}/comments`, { text: 'Lain' }],
      [writer, 'GET', one],
      [writer, 'GET', TASKS],
      [other, 'GET', one],
      [other, 'GET', MY_WORK],
    ] as const)
      assert.equal((await ask(method, url, caller, body)).status, 403, `${method} ${url}`)
    const more = await ask('POST', '/api/v1/tokens', owner, {
      name: 'Lebih',
      permissions: ['tasks:read_any'],
    })
    assert.ok(more.status >= 400, more.text)
    const overseer = await tokenOf(app.administrator, 'tasks:read', 'tasks:read_any', 'tasks:write')
    assert.equal((await ask('GET', one, overseer)).status, 200)
    assert.equal((await ask('PATCH', one, overseer, { title: 'Lain' })).status, 404)
    const given = await openTask({ assignee_id: app.administrator.id })
    const deleted = await ask('DELETE', `${TASKS}/${given}`, overseer)
    assert.deepEqual([deleted.status, deleted.body.code], [403, 'deleted_by_owner'])
  })

  it('T1 the list of work of a token has only what it may read where it is kept', async () => {
    const id = await openTask()
    const ticket = await must('POST', '/api/v1/tickets', owner, { title: 'Bocor', description: 'x' })
    const agent = await app.enrol('agent')
    const taken = { assignee_id: agent.id }
    await eventually(
      async () => await ask('PATCH', `/api/v1/tickets/${ticket.id}`, agent, taken),
      ({ status }) => status === 200,
    )
    await must('PATCH', `${TASKS}/${id}`, owner, taken)
    await eventually(
      async () => (await ask('GET', MY_WORK, agent)).text,
      (text) => text.includes(ticket.id) && text.includes(id),
    )
    const { data } = await must('GET', `${MY_WORK}?limit=100`, await tokenOf(agent, 'tasks:read'))
    assert.deepEqual(
      data.map((item: { readonly id: string }) => item.id),
      [id],
    )
    const nothing = await must('GET', `${MY_WORK}?kind=payment`, owner)
    assert.deepEqual(nothing.data, [])
  })
})
