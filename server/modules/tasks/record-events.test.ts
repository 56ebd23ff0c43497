import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import type { Task } from './schemas.ts'
import { startTestTasks, type TestTasks } from './test-tasks.ts'

onEach(engines, 'tasks on what the other modules really tell of', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  async function must(method: string, path: string, body: object, by: Person = at.administrator) {
    const answer = await at.ask(method, `/api/v1${path}`, { token: by.token, body })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }

  it('T1 follow an order, a work order, a ticket and a product from their first event to their last', async () => {
    const category = await must('POST', '/categories', { name: 'Meja' })
    const fields = { name: 'Meja Jati', price: 1_000, stock: 10, category_id: category.id }
    const product = await must('POST', '/products', fields)
    const order = await must('POST', '/transactions', { products: [{ id: product.id, qty: 1 }] }, at.owner)
    const deadline = new Date(at.clock.now().getTime() + 86_400_000).toISOString()
    const workOrder = await must('POST', '/workorders', { product_name: 'Kursi', quantity: 3, deadline })
    const ticket = await must('POST', '/tickets', { title: 'Mesin', description: 'Bocor' }, at.owner)

    const tasks: (Task & { readonly by: Person })[] = []
    for (const [kind, { id }, closesOn, by] of [
      ['order', order, 'shipped', at.owner],
      ['work_order', workOrder, 'cancelled', at.helper],
      ['ticket', ticket, 'solved', at.owner],
      ['product', product, 'deleted', at.administrator],
    ] as const) {
      const record = { kind, id, closes_on: closesOn, inherits: 'due_at' }
      tasks.push({ ...(await at.openTask({ record }, by)), by })
    }
    const now = async () => await Promise.all(tasks.map(async ({ id, by }) => await at.read(id, by)))
    const dueOf = async () => {
      const url = `/api/v1/tickets/${ticket.id}/sla`
      const { clocks } = (await at.ask('GET', url, { token: at.owner.token })).body
      return clocks.find(({ kind }: { kind: string }) => kind === 'resolution').due_at
    }
    const known = await eventually(now, (all) => all.every(({ record }) => record?.label !== null))
    assert.deepEqual(
      known.map(({ record, due_at: dueAt, status }) => [record?.label, dueAt, status]),
      [
        [order.number, order.hold_until, 'open'],
        [workOrder.number, deadline, 'open'],
        [ticket.number, await dueOf(), 'open'],
        ['Meja Jati', null, 'open'],
      ],
    )
    assert.ok(order.hold_until)
    assert.ok(await dueOf())
    const supportDue = async () => (await now())[2]?.due_at
    const waiting = { status: 'pending', pending_reason: 'customer' }
    await must('PUT', `/tickets/${ticket.id}/status`, waiting)
    await eventually(supportDue, (due) => due === null)
    await must('PUT', `/tickets/${ticket.id}/status`, { status: 'open' })
    await eventually(supportDue, (due) => typeof due === 'string')
    assert.equal(await supportDue(), await dueOf())

    for (const status of ['paid', 'processing', 'shipped'])
      await must('PUT', `/transactions/${order.id}/status`, { status })
    await must('PUT', `/workorders/${workOrder.id}/status`, { status: 'cancelled', note: 'Batal' })
    await must('PUT', `/tickets/${ticket.id}/status`, { status: 'solved', solution: 'Diganti' })
    const removed = await at.ask('DELETE', `/api/v1/products/${product.id}`, {
      token: at.administrator.token,
    })
    assert.ok(removed.status < 300, removed.text)
    await eventually(now, (all) => all.every(({ status }) => status === 'done'))
    const troubled = await at.db
      .selectFrom('inbox')
      .selectAll()
      .where('consumer', '=', 'tasks.records')
      .where('parked_at', 'is not', null)
      .execute()
    assert.deepEqual(troubled, [])
  })
})
