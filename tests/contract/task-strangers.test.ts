import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf } from '#tests/file-samples'
import { type Statements, watchStatements } from '#tests/statements'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { listOperations, NOBODY, type Operation, sampleOf } from './operations.ts'

const TASKS = '/api/v1/tasks'
/** A picture whose characters are one byte each. */
const PICTURE = formOf({ filename: 'a.gif', content: 'GIF89a\x01\0\x01\0\0\0\0;' })
const RECORD = { kind: 'order', id: NOBODY, inherits: 'due_at', closes_on: 'shipped' }
/** The changes of a task that lock more than the task. */
const CHANGES = [
  { title: 'Lain' },
  { status: 'done' },
  { status: 'cancelled' },
  { record: RECORD },
  { blocked_by_ids: [NOBODY] },
  { assignee_id: NOBODY },
]
/** Where the sample of the schema is not legal by itself. */
const BODIES: Readonly<Record<string, readonly unknown[]>> = {
  [`PATCH ${TASKS}/{id}`]: CHANGES,
  [`POST ${TASKS}/{id}/extend`]: [{ ttl_seconds: 60 }],
  [`PATCH ${TASKS}/filters/{id}`]: [{ name: 'Lain' }],
}

type Caller = { readonly who: string; readonly token: string }

onEach(engines, 'the task of a stranger', (backend) => {
  let app: TestApp
  let statementsOf: Statements
  let owner: Person
  let assignee: Person
  let callers: readonly Caller[]
  let theirs: { readonly id: string; readonly filterId: string; readonly fileId: string }

  before(async () => {
    app = await startTestApp(backend)
    statementsOf = watchStatements(app.app.database.db)
    owner = await app.enrol()
    assignee = await app.enrol('operator')
    const stranger = await app.enrol()
    const manager = await app.enrol('production_manager')
    callers = [
      { who: 'a stranger', token: stranger.token },
      { who: 'a production manager', token: manager.token },
      { who: 'a token that reads its own only', token: await tokenOf('tasks:read', 'tasks:write') },
      {
        who: 'a token that may write any, but reads its own only',
        token: await tokenOf('tasks:read', 'tasks:write', 'tasks:write_any'),
      },
    ]
    // The use of a token is noted once in a while.
    for (const { token } of callers) await app.ask('GET', TASKS, { token })
    const task = await eventually(
      async () => await make(TASKS, { title: 'Rahasia', labels: ['gelap'], assignee_id: assignee.id }),
      ({ status }) => status === 201,
    )
    const { id } = task.body
    await make(TASKS, { title: 'Menunggu', blocked_by_ids: [id] })
    await make(`${TASKS}/${id}/comments`, { text: 'Rahasia' })
    const filter = await make(`${TASKS}/filters`, { name: 'Rahasia', query: {} })
    const file = await app.ask('POST', `${TASKS}/${id}/attachments`, {
      token: owner.token,
      headers: PICTURE.headers,
      body: PICTURE.body.toString(),
    })
    assert.equal(file.status, 201, file.text)
    theirs = { id, filterId: filter.body.id, fileId: file.body.files[0].id }
  })
  after(async () => await app.stop())

  async function make(url: string, body: unknown, token = owner.token): Promise<Answer> {
    return await app.ask('POST', url, { token, body })
  }

  /** A token of the administrator's with no more than these permissions. */
  async function tokenOf(...permissions: readonly string[]): Promise<string> {
    const body = { name: 'Robot', permissions }
    const { status, text, body: made } = await make('/api/v1/tokens', body, app.administrator.token)
    assert.equal(status, 201, text)
    return made.token
  }

  type Sent = { readonly id: string; readonly content: unknown; readonly headers: Record<string, string> }

  const send =
    ({ method, path }: Operation, { token }: Caller) =>
    async ({ id, content, headers }: Sent) =>
      await statementsOf(
        async () =>
          await app.ask(method, path.replace('{id}', id), {
            token,
            headers: { ...(path.endsWith('/attachments') ? PICTURE.headers : {}), ...headers },
            ...(content === undefined ? {} : { body: content }),
          }),
      )

  async function assertHidden(operation: Operation, caller: Caller): Promise<void> {
    const { method, path, body } = operation
    const ask = send(operation, caller)
    const isFilter = path.includes('/filters/')
    const code = isFilter ? 'filter_not_found' : 'task_not_found'
    const sample = path.endsWith('/attachments')
      ? PICTURE.body.toString()
      : body === null
        ? undefined
        : sampleOf(body)
    for (const content of BODIES[`${method} ${path}`] ?? [sample])
      for (const headers of conditionsOf(method)) {
        const missing = await ask({ id: NOBODY, content, headers })
        const hidden = await ask({ id: isFilter ? theirs.filterId : theirs.id, content, headers })
        const what = `${caller.who}: ${method} ${path} ${JSON.stringify(content)} ${JSON.stringify(headers)}: ${hidden.result.text}`
        assert.deepEqual([hidden.result.status, hidden.result.body.code], [404, code], what)
        assert.deepEqual(forget(hidden.result), forget(missing.result), what)
        assert.deepEqual(hidden.statements.filter(isOfTask), missing.statements.filter(isOfTask), what)
        assert.ok(hidden.statements.some(isOfTask), what)
      }
  }

  it('T1 is answered like one that is not there, by the same statements, on every route', async () => {
    const named = (await listOperations(app)).filter(({ path }) => path.startsWith(`${TASKS}/`))
    const operations = named.filter(({ path }) => path.includes('{id}'))
    assert.ok(operations.length >= 10, `${operations.length} routes`)
    for (const caller of callers) for (const operation of operations) await assertHidden(operation, caller)
  })

  it('T1 one among many of somebody’s own changes none of them, and says no more', async () => {
    for (const { who, token } of callers) {
      const made = await make(`${TASKS}/bulk`, { tasks: [{ title: 'Satu' }, { title: 'Dua' }] }, token)
      const [first, second] = made.body.data
      for (const change of CHANGES) {
        const ask = async (id: string) =>
          await statementsOf(
            async () =>
              await app.ask('PATCH', `${TASKS}/bulk`, {
                token,
                body: { ids: [first.id, second.id, id], change },
              }),
          )
        const [missing, hidden] = [await ask(NOBODY), await ask(theirs.id)]
        assert.equal(hidden.result.status, 404, `${who}: ${hidden.result.text}`)
        assert.deepEqual(forget(hidden.result), forget(missing.result), who)
        // Both ids are older than those of the caller's own tasks, and come first.
        assert.deepEqual(hidden.statements.filter(isOfTask), missing.statements.filter(isOfTask), who)
      }
      for (const { id } of [first, second])
        assert.equal((await app.ask('GET', `${TASKS}/${id}`, { token })).body.version, 1, who)
    }
  })

  it('T1 cannot be waited for, and is refused as one that is not there', async () => {
    for (const { who, token } of callers) {
      const { body: own } = await make(TASKS, { title: 'Sendiri' }, token)
      const wait = {
        opening: async (id: string) => await make(TASKS, { title: 'Baru', blocked_by_ids: [id] }, token),
        changing: async (id: string) =>
          await app.ask('PATCH', `${TASKS}/${own.id}`, { token, body: { blocked_by_ids: [id] } }),
      }
      for (const [how, ask] of Object.entries(wait)) {
        const [missing, hidden] = [
          await statementsOf(async () => await ask(NOBODY)),
          await statementsOf(async () => await ask(theirs.id)),
        ]
        assert.equal(hidden.result.status, 400, `${who} ${how}: ${hidden.result.text}`)
        assert.deepEqual(forget(hidden.result), forget(missing.result), who)
        assert.deepEqual(hidden.statements.filter(isOfTask), missing.statements.filter(isOfTask), who)
      }
    }
  })

  it('T1 is found by no filter, and counted nowhere', async () => {
    for (const { who, token } of callers) {
      const asked = [
        `owner=${owner.id}`,
        `assignee=${assignee.id}`,
        'q=rahasia',
        'label=gelap',
        'sort=due_at',
      ]
      for (const query of [...asked, 'archived=true', 'page=1&q=rahasia']) {
        const { status, text, body } = await app.ask('GET', `${TASKS}?limit=100&${query}`, { token })
        assert.equal(status, 200, text)
        assert.ok(!text.includes(theirs.id) && !text.includes('Rahasia'), `${who}: ${query}: ${text}`)
        if (query.includes('rahasia')) assert.equal(body.page.total ?? 0, 0, text)
      }
      const foreign = await app.ask('GET', `${TASKS}?filter_id=${theirs.filterId}`, { token })
      assert.deepEqual([foreign.status, foreign.body.code], [404, 'filter_not_found'], who)
    }
    const newcomer = await app.enrol()
    const { body } = await app.ask('GET', `${TASKS}/progress`, { token: newcomer.token })
    assert.deepEqual([body.total, body.overdue, body.expiring_within_a_day], [0, 0, 0])
  })

  it('T1 has no file for them either', async () => {
    const ask = async (id: string, token: string) => await app.ask('GET', `/api/v1/files/${id}`, { token })
    for (const { token } of [owner, assignee, app.administrator])
      assert.equal((await ask(theirs.fileId, token)).status, 200)
    for (const { who, token } of callers) {
      const [missing, hidden] = [await ask(NOBODY, token), await ask(theirs.fileId, token)]
      assert.equal(hidden.status, 404, who)
      assert.deepEqual(forget(hidden), forget(missing), who)
    }
  })

  it('T1 has been changed by none of that', async () => {
    const { body } = await app.ask('GET', `${TASKS}/${theirs.id}`, { token: owner.token })
    assert.deepEqual([body.title, body.status, body.version], ['Rahasia', 'open', 1])
  })
})

function forget({ status, text, headers }: Answer) {
  return [
    status,
    text.replaceAll(/"(?:request_id|instance)":"[^"]*"/g, ''),
    headers['content-type'],
    headers['etag'],
    headers['cache-control'],
  ]
}

/** Who asks is looked up now and then, whatever they ask for. */
function isOfTask(statement: string): boolean {
  return !/\b(?:sessions|api_tokens)\b/.test(statement)
}

function conditionsOf(method: string): Record<string, string>[] {
  if (method === 'GET') return [{}, { 'if-none-match': '"1"' }, { 'if-none-match': '*' }]
  const changing = [{}, { 'if-match': '"1"' }, { 'if-match': '"99"' }]
  return method === 'POST' ? [...changing, { 'idempotency-key': 'a-key' }] : changing
}
