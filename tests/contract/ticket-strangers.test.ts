import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { TicketTables } from '#modules/tickets'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf } from '#tests/file-samples'
import { type Statements, watchStatements } from '#tests/statements'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { listOperations, NOBODY, type Operation, sampleOf } from './operations.ts'

const TICKETS = '/api/v1/tickets'
/** A picture whose characters are one byte each. */
const PICTURE = formOf({ filename: 'a.gif', content: 'GIF89a\x01\0\x01\0\0\0\0;' })
/** Where the sample of the schema is not legal by itself. */
const BODIES: Readonly<Record<string, unknown>> = {
  [`PATCH ${TICKETS}/{id}`]: { title: 'Lain' },
  [`PUT ${TICKETS}/{id}/status`]: { status: 'open' },
  [`POST ${TICKETS}/{id}/accept`]: { rating: 5 },
  [`POST ${TICKETS}/{id}/rework`]: { product_name: 'Roti', quantity: 1, notes: 'Ulang' },
  [`POST ${TICKETS}/{id}/links`]: { kind: 'order', record_id: NOBODY },
}

type Names = { readonly id: string; readonly number: string; readonly invgate: string }
const NO_TICKET: Names = { id: NOBODY, number: 'TCK-999999', invgate: '999999' }

onEach(engines, 'the ticket of a stranger', (backend) => {
  let app: TestApp
  let statementsOf: Statements
  let operations: readonly Operation[]
  let stranger: Person
  /** May do what the desk may, but sees what is theirs only. */
  let blinkered: string
  let owner: Person
  let theirs: Names
  let theirFileId: string

  before(async () => {
    app = await startTestApp(backend)
    statementsOf = watchStatements(app.app.database.db)
    operations = (await listOperations(app)).filter(({ path }) => path.startsWith(`${TICKETS}/{id}`))
    stranger = await app.enrol()
    owner = await app.enrol()
    const agent = await app.enrol('agent')
    const made = await app.ask('POST', '/api/v1/tokens', {
      token: agent.token,
      body: { name: 'Robot', permissions: ['tickets:read', 'tickets:create', 'tickets:write_any'] },
    })
    assert.equal(made.status, 201, made.text)
    blinkered = made.body.token
    const opened = await eventually(
      async () =>
        await app.ask('POST', TICKETS, { token: owner.token, body: { title: 'Rahasia', description: 'x' } }),
      ({ status }) => status === 201,
    )
    const { id, number } = opened.body
    theirs = { id, number, invgate: '4711' }
    const tables = app.app.database.db.withTables<TicketTables>()
    await tables.updateTable('tickets').set({ invgate_id: '4711' }).where('id', '=', id).execute()
    const file = await app.ask('POST', `${TICKETS}/${id}/attachments`, {
      token: owner.token,
      headers: PICTURE.headers,
      body: PICTURE.body.toString(),
    })
    assert.equal(file.status, 201, file.text)
    theirFileId = file.body.files[0].id
  })
  after(async () => await app.stop())

  const forget = ({ status, text, headers }: Answer) => [
    status,
    text.replaceAll(/"(?:request_id|instance)":"[^"]*"/g, ''),
    headers['content-type'],
    headers['etag'],
    headers['cache-control'],
  ]

  type Caller = { readonly id: string; readonly token: string }

  /** Sends the operation for a ticket, with whatever makes it a request that would be taken. */
  function requestOf({ method, path, body }: Operation, caller: Caller) {
    const isUpload = path.endsWith('/attachments')
    const sample = BODIES[`${method} ${path}`] ?? (body === null ? undefined : sampleOf(body))
    const content = isUpload ? PICTURE.body.toString() : sample
    return async (ticket: string, headers: Record<string, string>) => {
      const named = path.replace('{id}', ticket).replace('{user_id}', caller.id)
      return await app.ask(method, named.replaceAll(/\{\w+\}/g, NOBODY), {
        token: caller.token,
        headers: { ...(isUpload ? PICTURE.headers : {}), ...headers },
        ...(content === undefined ? {} : { body: content }),
      })
    }
  }

  async function assertHidden(operation: Operation, caller: Caller): Promise<void> {
    const send = requestOf(operation, caller)
    for (const headers of conditionsOf(operation.method)) {
      for (const kind of ['id', 'number', 'invgate'] as const) {
        const missing = await statementsOf(async () => await send(NO_TICKET[kind], headers))
        const hidden = await statementsOf(async () => await send(theirs[kind], headers))
        const what = `${operation.method} ${operation.path} by ${kind} with ${JSON.stringify(headers)}: ${hidden.result.text}`
        assert.deepEqual([hidden.result.status, hidden.result.body.code], [404, 'ticket_not_found'], what)
        assert.deepEqual(forget(hidden.result), forget(missing.result), what)
        assert.deepEqual(hidden.statements.filter(isOfTicket), missing.statements.filter(isOfTicket), what)
        assert.ok(hidden.statements.some(isOfTicket), what)
      }
    }
  }

  /** Who asks is looked up now and then, whatever they ask for. */
  const isOfTicket = (statement: string) => !/\b(?:sessions|api_tokens)\b/.test(statement)

  it('C4 is answered like one that is not there, by the same statements, on every route', async () => {
    const open = operations.filter(({ permission }) => permission !== 'tickets:write_any')
    assert.ok(open.length >= 12, `${open.length} routes`)
    for (const operation of open) await assertHidden(operation, stranger)
  })

  it('C4 is as hidden from a token of the desk that may write any, but read its own only', async () => {
    // The use of a token is noted once in a while.
    await app.ask('GET', TICKETS, { token: blinkered })
    for (const operation of operations) await assertHidden(operation, { id: stranger.id, token: blinkered })
  })

  it('C4 takes no other ticket in either', async () => {
    const own = await app.ask('POST', TICKETS, {
      token: blinkered,
      body: { title: 'Milik', description: 'x' },
    })
    const merge = async (into: string) =>
      await statementsOf(
        async () =>
          await app.ask('POST', `${TICKETS}/${own.body.id}/merge`, { token: blinkered, body: { into } }),
      )
    const [missing, hidden] = [await merge(NO_TICKET.number), await merge(theirs.number)]
    assert.deepEqual([hidden.result.status, hidden.result.body.code], [404, 'ticket_not_found'])
    assert.deepEqual(forget(hidden.result), forget(missing.result))
    assert.deepEqual(hidden.statements.filter(isOfTicket), missing.statements.filter(isOfTicket))
  })

  it('C4 has no file for them either', async () => {
    const ask = async (id: string, { token }: Person) =>
      await app.ask('GET', `/api/v1/files/${id}`, { token })
    assert.equal((await ask(theirFileId, owner)).status, 200)
    const [missing, hidden] = [await ask(NOBODY, stranger), await ask(theirFileId, stranger)]
    assert.equal(hidden.status, 404)
    assert.deepEqual(forget(hidden), forget(missing))
  })

  it('C4 has been changed by none of that', async () => {
    const { body } = await app.ask('GET', `${TICKETS}/${theirs.id}`, { token: owner.token })
    assert.deepEqual([body.title, body.status, body.watcher_ids], ['Rahasia', 'new', []])
    assert.equal((await app.ask('GET', `${TICKETS}/${theirs.invgate}`, { token: owner.token })).status, 200)
  })
})

function conditionsOf(method: string): Record<string, string>[] {
  if (method === 'GET') return [{}, { 'if-none-match': '"1"' }, { 'if-none-match': '*' }]
  const changing = [{}, { 'if-match': '"1"' }, { 'if-match': '"99"' }]
  return method === 'POST' ? [...changing, { 'idempotency-key': 'a-key' }] : changing
}
