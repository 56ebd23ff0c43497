import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach, type Place } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf, samples } from '#tests/file-samples'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import { check } from '../support/checker/check.ts'

onEach(engines, 'from a complaint to the shop floor and back', (backend) => {
  let place: Place
  let app: TestApp
  let customer: Person
  let agent: Person
  let manager: Person
  let operator: Person
  let productId: string

  before(async () => {
    place = await backend.create()
    app = await startTestApp({ ...backend, create: async () => place })
    customer = await app.enrol()
    agent = await app.enrol('agent')
    manager = await app.enrol('production_manager')
    operator = await app.enrol('operator')
    const category = await must('POST', '/categories', { name: 'Mebel' })
    const fields = { name: 'Kursi', price: 250_000, stock: 2, category_id: category.id }
    productId = (await must('POST', '/products', { ...fields, stock_policy: 'make_to_order' })).id
    const component = await must('POST', '/products', { ...fields, name: 'Kayu' })
    const materials = [{ product_id: component.id, quantity: 1 }]
    await eventually(
      async () => {
        const { token } = app.administrator
        return await app.ask('PUT', `/api/v1/workorders/bills/${productId}`, { token, body: { materials } })
      },
      ({ status }) => status < 300,
    )
  })
  after(async () => await app.stop())

  async function must(method: string, path: string, body?: object, by: Person = app.administrator) {
    const answer = await app.ask(method, `/api/v1${path}`, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  async function attach(ticketId: string): Promise<string> {
    const form = formOf({ filename: 'retak.png', content: samples['image/png'] })
    const answer = await app.app.http.inject({
      method: 'POST',
      url: `/api/v1/tickets/${ticketId}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${customer.token}` },
      payload: form.body,
    })
    assert.equal(answer.statusCode, 201, answer.body)
    return answer.json().files[0].id
  }
  /** A ticket of the customer about two chairs of an order of theirs, with the photo that shows what is wrong. */
  async function complain() {
    const order = await must('POST', '/transactions', { products: [{ id: productId, qty: 2 }] }, customer)
    const ticket = await must('POST', '/tickets', { title: 'Kursi retak', description: 'Keduanya' }, customer)
    await must('POST', `/tickets/${ticket.id}/links`, { kind: 'order', record_id: order.id }, customer)
    return { ticket, photoId: await attach(ticket.id) }
  }
  const openReworks = async (ticketId: string) => {
    const { data } = await must('GET', '/workorders?limit=100', undefined, operator)
    return data.filter(({ ticket_id: id }: { ticket_id: string | null }) => id === ticketId)
  }
  async function raise(ticketId: string, fileIds: readonly string[]) {
    const body = { product_id: productId, quantity: 2, notes: 'Perkuat kaki', file_ids: fileIds }
    await must('POST', `/tickets/${ticketId}/rework`, body, agent)
    const [opened] = await eventually(
      async () => await openReworks(ticketId),
      (orders) => orders.length > 0,
    )
    return opened
  }
  const readProduct = async () => {
    const { stock, on_hand: onHand } = await must('GET', `/products/${productId}`)
    return { stock, onHand }
  }
  const readRework = async (id: string) => await must('GET', `/tickets/${id}/rework`, undefined, agent)

  it('D8 W1 is mended and given back: photo, work order, proposed solution, acceptance', async () => {
    const { ticket, photoId } = await complain()
    const before = await readProduct()
    const photo = `/api/v1/files/${photoId}`
    const seen = async ({ token }: Person) => (await app.ask('GET', photo, { token })).status
    // Nobody on the shop floor reads what a customer sends to the desk.
    assert.deepEqual([await seen(operator), await seen(manager)], [404, 404])

    const order = await raise(ticket.id, [photoId])
    const { origin, product_name: name, quantity, notes, ticket_number: number, priority } = order
    assert.deepEqual(
      { origin, name, quantity, notes, number, priority },
      {
        origin: 'rework',
        name: 'Kursi',
        quantity: 2,
        notes: 'Perkuat kaki',
        number: ticket.number,
        priority: 'high',
      },
    )
    const comments = await must('GET', `/workorders/${order.id}/comments`, undefined, operator)
    assert.deepEqual(
      comments.data.map(({ photos, author_id }: { photos: { url: string }[]; author_id: string }) => ({
        urls: photos.map(({ url }) => url),
        author_id,
      })),
      [{ urls: [photo], author_id: agent.id }],
    )
    assert.deepEqual([await seen(operator), await seen(manager), await seen(customer)], [200, 200, 200])
    const stranger = await app.enrol()
    assert.equal(await seen(stranger), 404)
    // The photo is all of the ticket that they see.
    assert.equal(
      (await app.ask('GET', `/api/v1/tickets/${ticket.id}`, { token: operator.token })).status,
      404,
    )

    const status = `/workorders/${order.id}/status`
    await must('PUT', `/workorders/${order.id}`, { operator_id: operator.id }, manager)
    await must('PUT', status, { status: 'in_progress' }, operator)
    await must('PUT', status, { status: 'completed', quantity: 2 }, operator)
    const rework = await eventually(
      async () => await readRework(ticket.id),
      ({ proposed_solution: proposed }) => proposed !== null,
    )
    assert.deepEqual(
      rework.work_orders.map((link: { record_id: string; label: string; relation: string }) => [
        link.record_id,
        link.label,
        link.relation,
      ]),
      [[order.id, order.number, 'rework']],
    )
    assert.match(rework.proposed_solution, new RegExp(`2 × Kursi .*${order.number}`))

    const solved = await must('PUT', `/tickets/${ticket.id}/status`, { status: 'solved' }, agent)
    assert.equal(solved.solution, rework.proposed_solution)
    const accepted = await must('POST', `/tickets/${ticket.id}/accept`, { rating: 5 }, customer)
    assert.deepEqual([accepted.status, accepted.rating], ['closed', 5])
    // The chairs are the customer's: none has come into the stock, no wood has left it, and nobody was given any.
    assert.deepEqual(await readProduct(), before)
    const entries = await app.db.selectFrom('stock_entries').select('kind').execute()
    assert.ok(entries.every(({ kind }) => kind !== 'production'))
  })

  it('D8 tells the desk, and it alone, when the work is cancelled', async () => {
    const { ticket } = await complain()
    const order = await raise(ticket.id, [])
    const cancel = { status: 'cancelled', note: 'Kayunya lapuk' }
    await must('PUT', `/workorders/${order.id}/status`, cancel, manager)
    const messages = `/tickets/${ticket.id}/messages`
    const { data } = await eventually(
      async () => await must('GET', messages, undefined, agent),
      (page) => page.data.length > 1,
    )
    assert.deepEqual(
      data.map(({ kind, author_id: author }: { kind: string; author_id: null }) => [kind, author]),
      [
        ['reply', customer.id],
        ['note', null],
      ],
    )
    assert.match(data.at(-1).text, new RegExp(`${order.number}.* Kayunya lapuk$`))
    const theirs = await must('GET', messages, undefined, customer)
    assert.equal(theirs.data.length, 1)
    assert.equal((await readRework(ticket.id)).proposed_solution, null)
  })

  it('D8 leaves nothing behind that is wrong', async () => {
    const behind = async () => {
      const events = await app.db.selectFrom('outbox').select(['id', 'position']).execute()
      const last = await app.db
        .selectFrom('inbox')
        .select('event_id')
        .where('consumer', '=', 'tickets.rework')
        .execute()
      return events.some(({ position }) => position === null) || last.length < 5
    }
    await eventually(behind, (is) => !is)
    assert.deepEqual(await check({ environment: place.environment, isSettled: false }), [])
  })
})
