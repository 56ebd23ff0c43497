import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { parseMessage } from '#tests/mail-sink'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'

const TICKETS = '/api/v1/tickets'

onEach(engines, 'what people hear of their tickets', (backend) => {
  let app: TestApp
  let agent: Person
  let customer: Person
  let mailFolder: string
  before(async () => {
    const place = await backend.create()
    mailFolder = join(place.environment['DATA_DIR'] ?? '', 'mail')
    app = await startTestApp({ ...backend, create: async () => place })
    agent = await app.enrol('agent')
    customer = await app.enrol()
    await eventually(
      async () => (await app.ask('GET', '/api/v1/people', { token: agent.token })).text,
      (people) => people.includes(customer.id),
    )
  })
  after(async () => await app.stop())

  async function must(method: string, path: string, body: object, by: Person) {
    const answer = await app.ask(method, `${TICKETS}${path}`, { token: by.token, body })
    assert.ok(answer.status < 300, answer.text)
    return answer.body
  }
  const inboxOf = async ({ token }: Person): Promise<string[]> => {
    const { body } = await app.ask('GET', '/api/v1/notifications?limit=100', { token })
    return body.data.map((notice: { title: string }) => notice.title).toReversed()
  }

  it('D8 from opening to acceptance each side hears of the other, by name, and never of a note', async () => {
    const words = { title: 'Mesin kopi bocor', description: 'Air menetes.' }
    const { id, number } = await must('POST', '', words, customer)
    await must('PATCH', `/${id}`, { assignee_id: agent.id }, app.administrator)
    await must(
      'POST',
      `/${id}/messages`,
      { kind: 'note', text: 'kencur: pelanggan sulit' },
      app.administrator,
    )
    await must('POST', `/${id}/messages`, { text: 'Kami periksa besok.' }, agent)
    await must('POST', `/${id}/messages`, { text: 'Baik, terima kasih.' }, customer)
    const solved = { status: 'solved', solution: 'Segel diganti.', reason: 'kencur: garansi habis' }
    await must('PUT', `/${id}/status`, solved, agent)
    await must('POST', `/${id}/reopen`, { comment: 'Masih menetes.' }, customer)
    await must('PUT', `/${id}/status`, { status: 'solved', solution: 'Pipa diganti.' }, agent)
    await must('POST', `/${id}/accept`, { rating: 5 }, customer)
    const theirs = await eventually(
      async () => await inboxOf(customer),
      (inbox) => inbox.length >= 4,
    )
    assert.deepEqual(theirs, [
      `Ticket ${number} is being seen to`,
      `New reply to ticket ${number}`,
      `Ticket ${number} is solved`,
      `Ticket ${number} is solved`,
    ])
    const desks = await eventually(
      async () => await inboxOf(agent),
      (inbox) => inbox.length >= 5,
    )
    assert.deepEqual(desks.toSorted(), [
      `New reply to ticket ${number}`,
      `New reply to ticket ${number}`,
      `Ticket ${number} is assigned to you`,
      `Ticket ${number} is closed`,
      `Ticket ${number} is open again`,
    ])
    const letters = await eventually(
      async () => {
        const names = (await readdir(mailFolder).catch(() => [])).filter((name) => name.endsWith('.eml'))
        return await Promise.all(
          names.map(async (name) => parseMessage(await readFile(join(mailFolder, name), 'utf8'))),
        )
      },
      (found) => found.length >= 3,
    )
    assert.deepEqual(
      letters.map(({ headers }) => headers.get('to')),
      [customer.email, customer.email, customer.email],
    )
    const said = letters.map(({ text }) => text).join('\n')
    for (const each of ['> Kami periksa besok.', '> Segel diganti.', '> Pipa diganti.'])
      assert.ok(said.includes(each), each)
    const everything = `${said}${JSON.stringify([
      await app.ask('GET', '/api/v1/notifications?limit=100', { token: customer.token }),
      await app.ask('GET', '/api/v1/notifications?limit=100', { token: agent.token }),
    ])}`
    assert.ok(!everything.includes('kencur'))
  })
})
