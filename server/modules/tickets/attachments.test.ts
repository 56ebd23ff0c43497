import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { formOf, type Part, samples, strangers } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

const PNG = samples['image/png']

onEach(engines, 'files that are sent with messages', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  async function attach(id: string, parts: readonly Part[], by: Person = desk.customer) {
    const form = formOf(...parts)
    const response = await desk.app.http.inject({
      method: 'POST',
      url: `${TICKETS}/${id}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${by.token}` },
      payload: form.body,
    })
    return { status: response.statusCode, body: response.json(), text: response.body }
  }
  const file = (content: Buffer | string = PNG, filename = 'bocor.png'): Part => ({ filename, content })
  async function read(url: string, by: Person) {
    const headers = { authorization: `Bearer ${by.token}` }
    return await desk.app.http.inject({ method: 'GET', url, headers })
  }

  it('D8 are messages with their words, and read by all who may read those', async () => {
    const { id } = await desk.openTicket()
    const { status, body, text } = await attach(id, [{ name: 'text', content: ' Lihat ini ' }, file()])
    assert.equal(status, 201, text)
    const [sent] = body.files
    assert.deepEqual(
      [body.kind, body.text, sent.name, sent.type, sent.bytes],
      ['reply', 'Lihat ini', 'bocor.png', 'image/png', PNG.length],
    )
    const { body: listed } = await desk.ask('GET', `${TICKETS}/${id}/messages`, { token: desk.agent.token })
    assert.deepEqual(listed.data, [body])
    for (const by of [desk.customer, desk.agent, desk.administrator]) {
      const got = await read(sent.url, by)
      assert.deepEqual([got.statusCode, got.headers['content-type']], [200, 'image/png'])
      assert.deepEqual(got.rawPayload, PNG)
    }
    assert.equal((await read(sent.url, desk.stranger)).statusCode, 404)
    assert.equal((await desk.ask('GET', sent.url)).status, 401)
  })

  it('D8 of notes are for the desk only, and of a ticket for its watchers as long as they watch', async () => {
    const { id } = await desk.openTicket()
    const note = await attach(id, [{ name: 'kind', content: 'note' }, file()], desk.agent)
    assert.deepEqual([note.status, note.body.kind], [201, 'note'], note.text)
    assert.equal((await read(note.body.files[0].url, desk.customer)).statusCode, 404)
    assert.equal((await read(note.body.files[0].url, desk.agent)).statusCode, 200)
    const reply = await attach(id, [file()], desk.agent)
    const watching = `${TICKETS}/${id}/watchers/${desk.stranger.id}`
    const { token } = desk.agent
    assert.equal((await desk.ask('PUT', watching, { token })).status, 200)
    assert.equal((await read(reply.body.files[0].url, desk.stranger)).statusCode, 200)
    assert.equal((await desk.ask('DELETE', watching, { token })).status, 204)
    assert.equal((await read(reply.body.files[0].url, desk.stranger)).statusCode, 404)
    assert.notEqual((await desk.read(id)).first_responded_at, null)
  })

  it('D8 may be text, which is saved and never shown, and no markup or programs', async () => {
    const { id } = await desk.openTicket()
    const log = await attach(id, [file('galat: bocor\n\tdi katup ü\r\n', 'catatan.txt')])
    assert.equal(log.status, 201, log.text)
    const got = await read(log.body.files[0].url, desk.agent)
    assert.match(String(got.headers['content-type']), /^text\/plain/)
    assert.match(String(got.headers['content-disposition']), /^attachment; filename="catatan\.txt"/)
    assert.equal(got.headers['x-content-type-options'], 'nosniff')
    const { text: _text, ...others } = strangers
    for (const [what, content] of Object.entries({ ...others, 'half a character': Buffer.from([0xc3]) })) {
      const { status } = await attach(id, [file(content)])
      assert.equal(status, 415, what)
    }
  })

  it('D8 are refused where words would be, and with words that are none', async () => {
    const { id } = await desk.openTicket()
    assert.equal((await attach(NOBODY, [file()])).status, 404)
    assert.equal((await attach(id, [file()], desk.stranger)).status, 404)
    assert.equal((await attach(id, [{ name: 'text', content: 'Tanpa berkas' }])).body.code, 'file_missing')
    for (const [name, content] of [
      ['kind', 'solution'],
      ['text', 'x'.repeat(20_001)],
      ['text', 'x'.repeat(200_000)],
      ['text', 'a\0b'],
    ] as const) {
      const { status, body } = await attach(id, [{ name, content }, file()])
      assert.deepEqual([status, body.errors?.[0].pointer], [400, `/${name}`])
    }
    await desk.setStatus(id, { status: 'cancelled' })
    const ended = await attach(id, [file()])
    assert.deepEqual([ended.status, ended.body.current_status], [409, 'cancelled'])
    assert.deepEqual(
      await desk.db.selectFrom('ticket_messages').select('id').where('ticket_id', '=', id).execute(),
      [],
    )
  })
})
