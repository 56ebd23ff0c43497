import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

const FEED = `${TASKS}/feed`

onEach(engines, 'the calendar of tasks', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  async function openFeed(by: Person): Promise<string> {
    const { status, body, text } = await at.ask('POST', FEED, { token: by.token })
    assert.equal(status, 201, text)
    const { pathname } = new URL(body.url)
    assert.match(pathname, /^\/api\/v1\/calendars\/[\w-]{43}\.ics$/)
    return pathname
  }
  const get = async (url: string) => await at.app.http.inject({ method: 'GET', url })
  /** Long lines are folded: one that goes on begins with a space. */
  const linesOf = (text: string): string[] => text.replaceAll('\r\n ', '').split('\r\n')

  it('T1 shows what is due or expires, with its reminders, to programs that cannot sign in', async () => {
    const person = await at.enrol()
    const dueAt = '2090-03-01T03:00:00.000Z'
    const task = await at.openTask(
      {
        title: 'Bayar sewa; kantor, gudang',
        description: 'Baris satu\nBEGIN:VEVENT',
        due_at: dueAt,
        labels: ['rutin'],
        reminders: [{ before_due_seconds: 3_600 }],
      },
      person,
    )
    await at.openTask({ title: 'Tanpa waktu' }, person)
    await at.openTask({ title: 'Lekas', expires_at: '2090-02-01T00:00:00.000Z' }, person)
    const done = await at.openTask({ title: 'Selesai', due_at: dueAt }, person)
    await at.change(done.id, { status: 'done' }, person)
    const answer = await get(await openFeed(person))
    assert.equal(answer.statusCode, 200, answer.body)
    assert.equal(answer.headers['content-type'], 'text/calendar; charset=utf-8')
    assert.ok(answer.body.split('\r\n').every((line) => Buffer.byteLength(line) <= 75))
    const lines = linesOf(answer.body)
    assert.deepEqual(
      [lines[0], lines.filter((line) => line !== '').at(-1)],
      ['BEGIN:VCALENDAR', 'END:VCALENDAR'],
    )
    assert.equal(lines.filter((line) => line === 'BEGIN:VEVENT').length, 2)
    for (const line of [
      `UID:${task.id}@karya`,
      'SUMMARY:Bayar sewa\\; kantor\\, gudang',
      'DESCRIPTION:Baris satu\\nBEGIN:VEVENT',
      'DTSTART:20900301T023000Z',
      'DTEND:20900301T030000Z',
      'TRIGGER;VALUE=DATE-TIME:20900301T020000Z',
      'CATEGORIES:rutin',
      'SUMMARY:Lekas',
      'DTEND:20900201T000000Z',
    ])
      assert.ok(lines.includes(line), `${line} is missing in\n${answer.body}`)
    assert.doesNotMatch(answer.body, /Tanpa waktu|Selesai/)
  })

  it('T1 shows the beginning of a long description', async () => {
    const person = await at.enrol()
    const description = `${'😀'.repeat(999)}xy${'z'.repeat(3_000)}`
    await at.openTask({ description, due_at: '2090-03-01T03:00:00.000Z' }, person)
    const { body } = await get(await openFeed(person))
    assert.ok(linesOf(body).includes(`DESCRIPTION:${'😀'.repeat(999)}x`), body)
  })

  it('C3 speaks the language of its owner, and tells the time of the business', async () => {
    const person = await at.enrol()
    const task = { due_at: '2090-03-01T03:00:00.000Z', expires_at: '2090-05-01T17:30:00.000Z' }
    await at.openTask(task, person)
    const url = await openFeed(person)
    const lines = async () => linesOf((await get(url)).body)
    assert.ok(
      (await lines()).includes('DESCRIPTION:Expires on 2 May 2090 at 00:30'),
      (await lines()).join('\n'),
    )
    await at.ask('PUT', '/api/v1/users/profile', { token: person.token, body: { locale: 'id' } })
    const told = 'DESCRIPTION:Kedaluwarsa pada 2 Mei 2090 pukul 00.30'
    const indonesian = await eventually(lines, (all) => all.includes(told))
    assert.ok(indonesian.includes('PRODID:-//Karya//Karya//ID'), indonesian.join('\n'))
  })

  it('T1 has an address that is forgotten when there is a new one, or none, and for ever unknown here', async () => {
    const person = await at.enrol()
    assert.equal((await at.ask('GET', FEED, { token: person.token })).status, 404)
    const first = await openFeed(person)
    const second = await openFeed(person)
    assert.equal((await get(first)).statusCode, 404)
    assert.equal((await get(second)).statusCode, 200)
    const { body } = await at.ask('GET', FEED, { token: person.token })
    assert.deepEqual(Object.keys(body), ['created_at'])
    assert.equal((await at.ask('DELETE', FEED, { token: person.token })).status, 204)
    assert.equal((await get(second)).statusCode, 404)
    assert.equal((await get('/api/v1/calendars/nothing.ics')).statusCode, 404)
    const secret = second.slice(second.lastIndexOf('/') + 1, -'.ics'.length)
    assert.ok(!at.logged().includes(secret), 'no log has the address')
  })

  it('T1 asked for many times at once has one address, which is the last', async () => {
    const person = await at.enrol()
    const urls = await Promise.all(Array.from({ length: 8 }, async () => await openFeed(person)))
    const statuses = await Promise.all(urls.map(async (url) => (await get(url)).statusCode))
    assert.deepEqual(statuses.toSorted(), [200, ...Array.from({ length: 7 }, () => 404)])
  })

  it('T1 shows nothing of somebody who is disabled', async () => {
    const person = await at.enrol()
    const url = await openFeed(person)
    assert.equal((await get(url)).statusCode, 200)
    const { token } = at.administrator
    const change = { token, body: { disabled: true } }
    assert.equal((await at.ask('PATCH', `/api/v1/users/${person.id}`, change)).status, 200)
    const status = async () => (await get(url)).statusCode
    assert.equal(await eventually(status, (code) => code === 404), 404)
  })
})
