/** The story: what each of the two services does, and what has to be seen at the other. */
import { checks } from './checks.mjs'

const PASSWORD = 'correct horse battery'
/** How late the two may be with what they tell each other. */
const SOON_MS = 10_000
/** How late a disabled user may be refused at the other service. */
const REFUSED_WITHIN_MS = 2_000
/** How late a task may expire (T3). */
const LATE_MS = 1_000
const TTL_S = 2

export async function tellStory({ say, startOffice, startTasks, administrator }) {
  const { scene, step, must, until, claim } = checks(say)

  scene('The office opens, and people register before there is any service for tasks')
  const office = await startOffice()
  const admin = await signIn(administrator)
  const [siti, budi, agus] = [await register('Siti'), await register('Budi'), await register('Agus')]
  step('Siti, Budi and Agus have accounts at the office')

  scene('The tasks start later, with an empty database, and hear of everybody')
  const tasks = await startTasks()
  const swept = await until('Siti can give Budi a task', SOON_MS, async () => {
    const body = {
      title: 'Sweep the floor',
      assignee_id: budi.id,
      checklist: ['under the table', 'the stairs'],
    }
    const answer = await tasks.ask('POST /api/v1/tasks', { token: siti.token, body })
    claim([201, 400].includes(answer.status), `it was refused: ${answer.text}`)
    return answer.status === 201 ? answer.body : undefined
  })
  step('Siti opened a task for Budi with the token that she got at the office')
  const seen = await must(200, tasks, 'GET /api/v1/tasks?assignee=me', { token: budi.token })
  claim(
    seen.data.some(({ id }) => id === swept.id),
    'Budi does not see his task',
  )
  await must(404, tasks, `GET /api/v1/tasks/${swept.id}`, { token: agus.token })
  step('Budi sees it in his list; for Agus there is no such task')

  const form = new FormData()
  form.set('file', new Blob(['Behind the counter, too.'], { type: 'text/plain' }), 'where.txt')
  const { files } = await must(201, tasks, `POST /api/v1/tasks/${swept.id}/attachments`, {
    token: siti.token,
    form,
  })
  const file = await tasks.ask(`GET ${files[0].url}`, { token: budi.token })
  claim(file.text === 'Behind the counter, too.', `the file is not the same: ${file.status} ${file.text}`)
  await must(404, tasks, `GET ${files[0].url}`, { token: agus.token })
  step('Siti put a file to it, which Budi can read and Agus cannot')

  scene('What happens to tasks is told at the office')
  await told('task.created', swept, siti)
  step('the activity at the office has the new task, and that it was Siti')
  await notified(budi, 'task.assigned', swept)
  step('Budi has a notification at the office')
  await until('it is among the work that Budi sees at the office', SOON_MS, async () => {
    const { data } = await must(200, office, 'GET /api/v1/my-work', { token: budi.token })
    return data.find(({ id }) => id === swept.id)
  })
  step('it is in the one list of all the work that Budi has')
  const done = await must(200, tasks, `PATCH /api/v1/tasks/${swept.id}`, {
    token: budi.token,
    body: { status: 'done' },
  })
  claim(done.progress === 100, `the progress is ${done.progress}`)
  await told('task.completed', swept, budi)
  step('Budi finished it, which the office tells too')

  scene('A task expires by itself')
  const milk = await must(201, tasks, 'POST /api/v1/tasks', {
    token: siti.token,
    body: { title: 'Drink the milk', ttl_seconds: TTL_S },
  })
  const expired = await until('the milk expires', TTL_S * 1_000 + SOON_MS, async () => {
    const task = await must(200, tasks, `GET /api/v1/tasks/${milk.id}`, { token: siti.token })
    return task.status === 'expired' ? task : undefined
  })
  const lateMs = Date.parse(expired.expired_at) - Date.parse(milk.expires_at)
  claim(lateMs >= 0 && lateMs <= LATE_MS, `it expired ${lateMs} ms late`)
  await told('task.expired', milk, null)
  await notified(siti, 'task.expired', milk)
  step(`it expired ${lateMs} ms after its time; the office tells of it, and Siti is notified`)

  scene('A task hangs on an order of the office')
  const order = await placeOrder()
  const packing = await must(201, tasks, 'POST /api/v1/tasks', {
    token: admin.token,
    body: { title: 'Pack the coffee', record: { kind: 'order', id: order.id, closes_on: 'shipped' } },
  })
  for (const status of ['paid', 'processing', 'shipped']) {
    await must(200, office, `PUT /api/v1/transactions/${order.id}/status`, {
      token: admin.token,
      body: { status },
    })
  }
  await until('the task closes with the order', SOON_MS, async () => {
    const task = await must(200, tasks, `GET /api/v1/tasks/${packing.id}`, { token: admin.token })
    return task.status === 'done' ? task : undefined
  })
  await told('task.completed', packing, null)
  step('the order was shipped at the office, and the task is done by itself')

  scene('Agus is sent away')
  const asAgus = { token: agus.token }
  await must(200, tasks, 'GET /api/v1/tasks', asAgus)
  const leaving = { token: admin.token, body: { disabled: true } }
  await must(200, office, `PATCH /api/v1/users/${agus.id}`, leaving)
  const disabledAt = performance.now()
  await must(401, office, 'GET /api/v1/transactions', asAgus)
  await until('Agus is refused at the tasks', REFUSED_WITHIN_MS, async () => {
    const { status } = await tasks.ask('GET /api/v1/tasks', asAgus)
    return status === 401 || undefined
  })
  const heardMs = Math.round(performance.now() - disabledAt)
  await must(401, office, 'POST /api/v1/auth/login', { body: { email: agus.email, password: PASSWORD } })
  step(`his token is refused at the office at once, at the tasks after ${heardMs} ms, and so is his password`)

  scene('Each is a whole service')
  for (const service of [office, tasks]) {
    const { status, checks: parts } = await must(200, service, 'GET /health/ready')
    claim(status === 'ready' && parts.broker.status === 'up', `${service.name} is not well`)
    const { paths } = await must(200, service, 'GET /api/v1/openapi.json')
    await must(200, service, 'GET /api/v1/docs')
    const metrics = await service.ask('GET /metrics')
    claim(metrics.status === 200 && metrics.text.includes('# TYPE'), `${service.name} measures nothing`)
    const hasTasks = '/api/v1/tasks' in paths
    const hasSignIn = '/api/v1/auth/login' in paths
    claim(hasTasks === (service === tasks), `${service.name} documents what it does not serve`)
    claim(hasSignIn === (service === office), `${service.name} documents what it does not serve`)
    const loud = service
      .output()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'))
    claim(loud.length === 0, `${service.name} has logged errors: ${loud[0]}`)
    step(`${service.name}: healthy, measured, and documents its own ${Object.keys(paths).length} paths`)
  }

  async function signIn({ email, password }) {
    const body = { email, password, token_delivery: 'body' }
    const { access_token: accessToken, user } = await must(200, office, 'POST /api/v1/auth/login', { body })
    return { id: user.id, email, token: accessToken }
  }

  async function register(name) {
    const email = `${name.toLowerCase()}@karya.test`
    await must(201, office, 'POST /api/v1/auth/register', { body: { name, email, password: PASSWORD } })
    return await signIn({ email, password: PASSWORD })
  }

  /** Waits until the office tells of an event of a task exactly once, with who it was. */
  async function told(type, { id }, by) {
    const entry = await until(`${type} is told at the office`, SOON_MS, async () => {
      const path = `GET /api/v1/activity?subject=task/${id}&type=${type}`
      const { data } = await must(200, office, path, { token: admin.token })
      claim(data.length <= 1, `the office tells ${data.length} times of ${type}`)
      return data[0]
    })
    claim((entry.actor?.id ?? null) === (by?.id ?? null), `the office says that somebody else did ${type}`)
  }

  async function notified({ token }, kind, { id }) {
    await until('there is a notification at the office', SOON_MS, async () => {
      const { data } = await must(200, office, 'GET /api/v1/notifications', { token })
      const found = data.filter((notice) => notice.kind === kind && notice.subject === `task/${id}`)
      claim(found.length <= 1, `there are ${found.length} notifications of one thing`)
      return found[0]
    })
  }

  async function placeOrder() {
    const as = { token: admin.token }
    const category = await must(201, office, 'POST /api/v1/categories', { ...as, body: { name: 'Coffee' } })
    const product = await must(201, office, 'POST /api/v1/products', {
      ...as,
      body: { name: 'Gayo', price: 15_000, stock: 5, category_id: category.id },
    })
    const body = { products: [{ id: product.id, qty: 2 }] }
    return await must(201, office, 'POST /api/v1/transactions', { token: siti.token, body })
  }
}
