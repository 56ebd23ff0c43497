import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf } from '#tests/file-samples'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { listOperations } from './operations.ts'

const TASKS = '/api/v1/tasks'
const PLACES = [TASKS, '/api/v1/my-work', '/api/v1/calendars']
/** A picture whose characters are one byte each. */
const PICTURE = formOf({ filename: 'a.gif', content: 'GIF89a\x01\0\x01\0\0\0\0;' })
const MINUTE_MS = 60_000
/** A refusal repeats the path that was asked for. */
const INSTANCE = /"instance":"[^"]*"/

const everybody = ['owner', 'assignee', 'stranger', 'admin', 'nobody'] as const
type Who = (typeof everybody)[number]

/** A task of the owner's that is given to the assignee, with what else there is of the owner's. */
type Scene = {
  readonly taskId: string
  readonly filterId: string
  readonly secret: string
  readonly title: string
}

type Request = { readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }

type Row = {
  /** What the owner, the assignee, a stranger, an administrator and somebody without a token are answered. */
  readonly statuses: readonly [
    owner: number,
    assignee: number,
    stranger: number,
    admin: number,
    nobody: number,
  ]
  /** Whose answer has something in it of the task. */
  readonly tells: readonly Who[]
  readonly request?: (scene: Scene) => Request
  readonly query?: (scene: Scene) => string
}

const THEIRS = ['owner', 'assignee', 'admin'] as const
const ON_TASK = [200, 200, 404, 200, 401] as const
const OWN_AFFAIR = [200, 200, 200, 200, 401] as const

/** Every route has a row here: a new one is looked at before it is let in. */
const TABLE: Readonly<Record<string, Row>> = {
  [`POST ${TASKS}`]: {
    statuses: [201, 201, 201, 201, 401],
    tells: [],
    request: () => ({ body: { title: 'Sendiri' } }),
  },
  [`GET ${TASKS}`]: { statuses: OWN_AFFAIR, tells: THEIRS },
  [`GET ${TASKS}/{id}`]: { statuses: ON_TASK, tells: THEIRS },
  [`PATCH ${TASKS}/{id}`]: {
    statuses: ON_TASK,
    tells: THEIRS,
    request: () => ({ body: { status: 'in_progress' } }),
  },
  [`DELETE ${TASKS}/{id}`]: { statuses: [204, 403, 404, 204, 401], tells: [] },
  [`POST ${TASKS}/{id}/extend`]: {
    statuses: ON_TASK,
    tells: THEIRS,
    request: () => ({ body: { ttl_seconds: 7_200 } }),
  },
  [`POST ${TASKS}/bulk`]: {
    statuses: [201, 201, 201, 201, 401],
    tells: [],
    request: () => ({ body: { tasks: [{ title: 'Sendiri' }] } }),
  },
  [`PATCH ${TASKS}/bulk`]: {
    statuses: ON_TASK,
    tells: THEIRS,
    request: ({ taskId }) => ({ body: { ids: [taskId], change: { status: 'done' } } }),
  },
  [`GET ${TASKS}/progress`]: { statuses: OWN_AFFAIR, tells: [] },
  [`GET ${TASKS}/{id}/comments`]: { statuses: ON_TASK, tells: THEIRS },
  [`POST ${TASKS}/{id}/comments`]: {
    statuses: [201, 201, 404, 201, 401],
    tells: THEIRS,
    request: () => ({ body: { text: 'Sudah' } }),
  },
  [`POST ${TASKS}/{id}/attachments`]: {
    statuses: [201, 201, 404, 201, 401],
    tells: THEIRS,
    request: () => ({ body: PICTURE.body.toString(), headers: PICTURE.headers }),
  },
  [`GET ${TASKS}/filters`]: { statuses: OWN_AFFAIR, tells: ['owner'] },
  [`POST ${TASKS}/filters`]: {
    statuses: [201, 201, 201, 201, 401],
    tells: [],
    request: () => ({ body: { name: crypto.randomUUID(), query: {} } }),
  },
  // What somebody asks for is their own affair, whoever may read the tasks.
  [`GET ${TASKS}/filters/{id}`]: { statuses: [200, 404, 404, 404, 401], tells: ['owner'] },
  [`PATCH ${TASKS}/filters/{id}`]: {
    statuses: [200, 404, 404, 404, 401],
    tells: ['owner'],
    request: () => ({ body: { query: { priority: 'high' } } }),
  },
  [`DELETE ${TASKS}/filters/{id}`]: { statuses: [204, 404, 404, 404, 401], tells: [] },
  [`GET ${TASKS}/feed`]: { statuses: [200, 404, 404, 404, 401], tells: [] },
  [`POST ${TASKS}/feed`]: { statuses: [201, 201, 201, 201, 401], tells: [] },
  [`DELETE ${TASKS}/feed`]: { statuses: [204, 204, 204, 204, 401], tells: [] },
  // Whoever has the address was given it.
  'GET /api/v1/calendars/{secret}.ics': { statuses: [200, 200, 200, 200, 200], tells: everybody },
  // It is the turn of whom it was given to.
  'GET /api/v1/my-work': { statuses: OWN_AFFAIR, tells: ['assignee'], query: () => '?kind=task&limit=100' },
}

onEach(engines, 'access to tasks', (backend) => {
  let app: TestApp
  let people: Readonly<Record<Exclude<Who, 'nobody'>, Person>>
  let scenes = 0

  before(async () => {
    app = await startTestApp(backend)
    const [owner, assignee, stranger] = [await app.enrol(), await app.enrol('operator'), await app.enrol()]
    people = { owner, assignee, stranger, admin: app.administrator }
    await eventually(
      async () => await askAs('owner', 'POST', TASKS, { title: 'Ada', assignee_id: assignee.id }),
      ({ status }) => status === 201,
    )
  })
  after(async () => await app.stop())

  async function askAs(who: Who, method: string, url: string, body?: unknown): Promise<Answer> {
    return await app.ask(method, url, {
      ...(who === 'nobody' ? {} : { token: people[who].token }),
      ...(body === undefined ? {} : { body }),
    })
  }

  async function make(url: string, body?: unknown) {
    const answer = await askAs('owner', 'POST', url, body)
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }

  async function setScene(): Promise<Scene> {
    scenes += 1
    // The newest is due first, and comes first by its name.
    const title = `${9_999 - scenes} ${crypto.randomUUID()}`
    const dueAt = new Date(Date.parse('2030-01-01T00:00:00.000Z') - scenes * MINUTE_MS).toISOString()
    const task = await make(TASKS, { title, due_at: dueAt, assignee_id: people.assignee.id })
    await make(`${TASKS}/${task.id}/comments`, { text: title })
    const filter = await make(`${TASKS}/filters`, { name: title, query: {} })
    const { url } = await make(`${TASKS}/feed`)
    const secret = /([^/]+)\.ics$/.exec(url)?.[1] ?? assert.fail(url)
    return { taskId: task.id, filterId: filter.id, secret, title }
  }

  /** What the owner sees of it all: nobody who is refused has changed any of this. */
  async function look({ taskId, filterId, secret }: Scene) {
    const seen = await Promise.all(
      [
        `${TASKS}/${taskId}`,
        `${TASKS}/${taskId}/comments`,
        `${TASKS}/filters/${filterId}`,
        `${TASKS}/feed`,
      ].map(async (url) => (await askAs('owner', 'GET', url)).text),
    )
    return [...seen, (await askAs('nobody', 'GET', `/api/v1/calendars/${secret}.ics`)).status]
  }

  it('T1 every route has a row in the table of who may do what', async () => {
    const routes = (await listOperations(app))
      .filter(({ path }) => PLACES.some((place) => path === place || path.startsWith(`${place}/`)))
      .map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual(routes.toSorted(), Object.keys(TABLE).toSorted())
  })

  for (const [route, { statuses, tells, request, query }] of Object.entries(TABLE)) {
    it(`T1 ${route} is for owner, assignee, stranger, admin and nobody what it should be`, async () => {
      const [method = '', path = ''] = route.split(' ')
      for (const [index, who] of everybody.entries()) {
        const scene = await setScene()
        if (path === '/api/v1/my-work') await waitForWork(scene)
        const before = await look(scene)
        const id = path.includes('/filters/') ? scene.filterId : scene.taskId
        const url = path.replace('{id}', id).replace('{secret}', scene.secret) + (query?.(scene) ?? '')
        const { body, headers = {} } = request?.(scene) ?? {}
        const answer = await app.ask(method, url, {
          headers,
          ...(who === 'nobody' ? {} : { token: people[who].token }),
          ...(body === undefined ? {} : { body }),
        })
        const what = `${who}: ${answer.status} ${answer.text}`
        assert.equal(answer.status, statuses[index], what)
        const text = answer.text.replace(INSTANCE, '')
        const isTold = [scene.title, scene.taskId, scene.filterId].some((word) => text.includes(word))
        assert.equal(isTold, tells.includes(who), what)
        if (answer.status >= 400 || who === 'stranger') assert.deepEqual(await look(scene), before, what)
      }
    })
  }

  async function waitForWork({ taskId }: Scene): Promise<void> {
    await eventually(
      async () => (await askAs('assignee', 'GET', '/api/v1/my-work?kind=task')).text,
      (text) => text.includes(taskId),
    )
  }
})
