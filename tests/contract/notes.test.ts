import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { formOf } from '#tests/file-samples'
import { type HttpSink, startHttpSink } from '#tests/http-sink'
import { listen } from '#tests/listener'
import { type Person, startTestApp, type TestApp } from '#tests/test-app'
import { listOperations, NOBODY, sampleOf } from './operations.ts'

/** Each of them is said in one note of the desk, and nowhere else. */
const WORDS = {
  note: 'kencurungu-satu',
  reason: 'kencurungu-dua',
  besideFile: 'kencurungu-tiga',
  fileName: 'kencurungu-empat',
  fileText: 'kencurungu-lima',
  afterwards: 'kencurungu-enam',
}
const ANY_WORD = /kencurungu/i
/** Said by the customer, for the desk and for no other staff. */
const THEIRS = 'temulawak'
const BASE = '/api/v1/tickets'

onEach(engines, 'the notes of the desk', (backend) => {
  let app: TestApp
  let url: string
  let agent: Person
  let customer: Person
  let watcher: Person
  let sink: HttpSink
  let folder: string
  let ticketId: string
  /** Everything that a path may be asked with. */
  let ids: string[]

  before(async () => {
    const place = await backend.create()
    folder = place.environment['DATA_DIR'] ?? ''
    sink = await startHttpSink()
    app = await startTestApp(
      { ...backend, create: async () => place },
      { environment: { WEBHOOKS_ALLOW_PRIVATE: 'true' } },
    )
    url = await app.app.listen()
    agent = await app.enrol('agent')
    customer = await app.enrol()
    watcher = await app.enrol()
    await eventually(
      async () => (await app.ask('GET', '/api/v1/people', { token: agent.token })).text,
      (people) => people.includes(watcher.id),
    )
    const hook = { url: `${sink.url}/hook`, event_types: ['*'] }
    await must('POST', '/api/v1/webhooks', hook, app.administrator)
    const said = { title: `Mesin ${THEIRS}`, description: `Bocor ${THEIRS}` }
    const ticket = await must('POST', BASE, said, customer)
    ticketId = ticket.id
    await must('PUT', `${BASE}/${ticketId}/watchers/${watcher.id}`)
    const reply = await must('POST', `${BASE}/${ticketId}/messages`, { text: 'Kami periksa' })
    const note = await must('POST', `${BASE}/${ticketId}/messages`, { kind: 'note', text: WORDS.note })
    const waiting = { status: 'pending', pending_reason: 'vendor', reason: WORDS.reason }
    await must('PUT', `${BASE}/${ticketId}/status`, waiting)
    const attached = await attach(agent, 'note')
    const link = await must('POST', `${BASE}/${ticketId}/links`, { kind: 'product', record_id: ticketId })
    ids = [
      ticketId,
      ticket.number,
      note.id,
      reply.id,
      attached.id,
      attached.files[0].id,
      link.id,
      customer.id,
    ]
  })
  after(async () => {
    await app.stop()
    await sink.stop()
  })

  async function must(method: string, path: string, body?: object, by: Person = agent) {
    const answer = await app.ask(method, path, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
    return answer.body
  }
  async function attach(by: Person, kind: string) {
    const form = formOf(
      { name: 'kind', content: kind },
      { name: 'text', content: WORDS.besideFile },
      { filename: `${WORDS.fileName}.txt`, content: WORDS.fileText },
    )
    const answer = await app.app.http.inject({
      method: 'POST',
      url: `${BASE}/${ticketId}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${by.token}` },
      payload: form.body,
    })
    assert.equal(answer.statusCode, 201, answer.body)
    return answer.json()
  }

  it('D8 are read by the desk, words, files and all', async () => {
    const { text, body } = await app.ask('GET', `${BASE}/${ticketId}/messages`, { token: agent.token })
    for (const word of [WORDS.note, WORDS.reason, WORDS.besideFile, WORDS.fileName])
      assert.ok(text.includes(word), word)
    const file = body.data.flatMap((message: { files: { url: string }[] }) => message.files)[0]
    const read = await app.ask('GET', file.url, { token: agent.token })
    assert.equal(read.text, WORDS.fileText)
  })

  it('D8 are not found by searching, nor counted in a page', async () => {
    for (const { token } of [customer, watcher]) {
      const found = await app.ask('GET', `${BASE}?q=kencurungu`, { token })
      assert.deepEqual(found.body.data, [])
      let cursor = ''
      do {
        const page = await app.ask('GET', `${BASE}/${ticketId}/messages?limit=1${cursor}`, { token })
        assert.equal(page.body.data.length, 1, page.text)
        assert.notEqual(page.body.data[0].kind, 'note')
        cursor = page.body.page.next_cursor === null ? '' : `&cursor=${page.body.page.next_cursor}`
      } while (cursor !== '')
    }
  })

  it('D8 cannot be written by them, in words or with a file', async () => {
    const answer = await app.ask('POST', `${BASE}/${ticketId}/messages`, {
      token: customer.token,
      body: { kind: 'note', text: 'Diam-diam' },
    })
    assert.deepEqual([answer.status, answer.body.code], [403, 'notes_by_desk'])
    await assert.rejects(async () => await attach(customer, 'note'), /notes_by_desk/)
  })

  it('D8 have their words in no event, and of those that tell of them the customer hears none', async () => {
    await must('POST', `${BASE}/${ticketId}/messages`, { kind: 'note', text: WORDS.afterwards })
    // Who hears of this one has heard of all that came before.
    const last = await must('POST', `${BASE}/${ticketId}/messages`, { text: 'Sudah selesai' })
    const rows = await app.db.selectFrom('outbox').select(['type', 'data']).execute()
    assert.equal(rows.filter(({ type }) => type === 'ticket.noted').length, 4)
    for (const { type, data } of rows) assert.doesNotMatch(data, ANY_WORD, type)
    for (const [person, hears] of [
      [customer, false],
      [watcher, false],
      [agent, true],
    ] as const) {
      const listener = await listen(`${url}/api/v1/events/stream?after=0`, { token: person.token })
      const messages = await eventually(
        async () => listener.messages(),
        (told) => told.some(({ subject }) => subject === `ticket_message/${last.id}`),
      )
      listener.leave()
      assert.equal(
        messages.some(({ type }) => type === 'ticket.noted'),
        hears,
      )
      assert.doesNotMatch(JSON.stringify(messages), ANY_WORD)
    }
  })

  it('D8 have their words in nothing that goes out: no webhook, no mail', async () => {
    const { id } = await must('POST', `${BASE}/${ticketId}/messages`, { text: `Terima kasih ${THEIRS}` })
    const told = () => sink.received.map(({ body }) => body.toString())
    // Those of one record go out in their order; this one is the last of all.
    await eventually(
      async () => await Promise.resolve(told()),
      (bodies) =>
        bodies.some((body) => body.includes(id)) && bodies.some((body) => /ticket\.noted/.test(body)),
    )
    for (const body of told()) assert.doesNotMatch(body, ANY_WORD)
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/mail/.test(entry.parentPath)) continue
      assert.doesNotMatch(await readFile(join(entry.parentPath, entry.name), 'utf8'), ANY_WORD, entry.name)
    }
  })

  it('D8 E3 tickets are told of in the timelines of all records to the desk alone', async () => {
    const questions = [
      '/api/v1/activity?limit=100',
      `/api/v1/activity?subject=ticket/${ticketId}`,
      '/api/v1/activity?type=ticket.*',
      `/api/v1/activity?actor_id=${customer.id}`,
    ]
    const manager = await app.enrol('production_manager')
    const robot = await must('POST', '/api/v1/tokens', { name: 'Robot', permissions: ['activity:read'] })
    for (const question of questions) {
      const seen = await app.ask('GET', question, { token: agent.token })
      assert.match(seen.text, new RegExp(THEIRS), question)
      assert.doesNotMatch(seen.text, ANY_WORD, question)
      for (const token of [manager.token, robot.token]) {
        const hidden = await app.ask('GET', question, { token })
        assert.equal(hidden.status, 200, hidden.text)
        assert.doesNotMatch(hidden.text, new RegExp(`${THEIRS}|"ticket[._]`), question)
      }
    }
  })

  it('D8 are on no route for the customer, a watcher, or others who do not work at the desk', async () => {
    const workers = [await app.enrol('production_manager'), await app.enrol('operator')]
    const others = [customer, watcher, ...workers]
    const all = (await listOperations(app)).filter(({ isStream }) => !isStream)
    // Everything that is read, and then what is written at tickets, which may end this one.
    const operations = [
      ...all.filter(({ method }) => method === 'GET'),
      ...all.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/v1/tickets')),
    ]
    let answered = 0
    for (const { method, body, url: template } of operations) {
      const targets = template.includes(NOBODY)
        ? ids.map((id) => template.replaceAll(NOBODY, id))
        : [template]
      for (const target of targets) {
        for (const person of others) {
          const { token } = person
          for (const accept of ['application/json', 'text/csv', 'text/html']) {
            const answer = await app.ask(method, target, {
              token,
              headers: { accept },
              ...(body === null ? {} : { body: sampleOf(body) }),
            })
            if (answer.status < 300) answered += 1
            const where = `${method} ${target} as ${accept}`
            assert.doesNotMatch(answer.text, ANY_WORD, where)
            if (workers.includes(person)) assert.ok(!answer.text.includes(THEIRS), where)
          }
        }
      }
    }
    assert.ok(answered > 50, `only ${answered} were answered`)
  })
})
