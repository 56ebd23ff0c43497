import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { NOBODY, startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

onEach(engines, 'lists of tasks', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  const ask = async (method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: object, by?: Person) =>
    await at.ask(method, `${TASKS}${path}`, {
      token: (by ?? at.owner).token,
      ...(body === undefined ? {} : { body }),
    })
  const titles = async (query: string, by?: Person): Promise<string[]> => {
    const answer = await ask('GET', `?${query}`, undefined, by)
    assert.equal(answer.status, 200, answer.text)
    return answer.body.data.map(({ title }: { title: string }) => title)
  }
  const inHours = (hours: number) =>
    new Date(Math.floor(at.clock.now().getTime() / 1_000) * 1_000 + hours * 3_600_000).toISOString()

  it('T1 finds tasks by everything they are told apart by, each seeing their own', async () => {
    const person = await at.enrol()
    await at.openTask({ title: 'Satu', labels: ['Dapur'], priority: 'low', due_at: inHours(5) }, person)
    await at.openTask({ title: 'Dua', labels: ['dapur', 'pagi'], due_at: inHours(-1) }, person)
    await at.openTask({ title: 'Tiga', description: 'Kopi Gayo', assignee_id: at.helper.id }, person)
    const { id } = await at.openTask({ title: 'Empat', priority: 'urgent', ttl_seconds: 7_200 }, person)
    await at.change(id, { status: 'in_progress' }, person)
    for (const [query, expected] of [
      ['sort=created_at', ['Satu', 'Dua', 'Tiga', 'Empat']],
      ['sort=-created_at&limit=2', ['Empat', 'Tiga']],
      ['sort=due_at', ['Dua', 'Satu', 'Tiga', 'Empat']],
      ['sort=-priority&limit=1', ['Empat']],
      ['status=in_progress', ['Empat']],
      ['label=DAPUR&sort=created_at', ['Satu', 'Dua']],
      [`assignee=${at.helper.id}`, ['Tiga']],
      ['assignee=none&sort=created_at', ['Satu', 'Dua', 'Empat']],
      ['assignee=me', []],
      [`due_before=${inHours(1)}`, ['Dua']],
      [`due_after=${inHours(1)}`, ['Satu']],
      [`expires_before=${inHours(3)}`, ['Empat']],
      ['overdue=true', ['Dua']],
      ['overdue=false&sort=created_at', ['Satu', 'Tiga', 'Empat']],
      ['priority=low', ['Satu']],
      ['q=GAYO', ['Tiga']],
      ['q=pagi', ['Dua']],
    ] as const)
      assert.deepEqual(await titles(query, person), expected, query)
    const known = await titles('assignee=me', at.helper)
    assert.ok(known.includes('Tiga') && !known.includes('Satu'))
    assert.deepEqual(await titles(`owner=${person.id}`, at.stranger), [])
    assert.equal((await titles(`owner=${person.id}`, at.administrator)).length, 4)
  })

  it('T1 pages through tasks of equal due times without leaving one out', async () => {
    const person = await at.enrol()
    const dueAt = inHours(2)
    for (let index = 0; index < 7; index += 1)
      await at.openTask({ title: `T${index}`, ...(index % 2 === 0 ? { due_at: dueAt } : {}) }, person)
    const seen: string[] = []
    let cursor = ''
    do {
      const answer = await ask('GET', `?sort=due_at&limit=2${cursor}`, undefined, person)
      seen.push(...answer.body.data.map(({ title }: { title: string }) => title))
      const { next_cursor: next } = answer.body.page
      cursor = next === null ? '' : `&cursor=${encodeURIComponent(next)}`
    } while (cursor !== '')
    assert.deepEqual(seen, ['T0', 'T2', 'T4', 'T6', 'T1', 'T3', 'T5'])
  })

  it('T1 keeps the questions that somebody asks often, for them alone', async () => {
    const person = await at.enrol()
    await at.openTask({ title: 'Mendesak', priority: 'urgent', labels: ['dapur'] }, person)
    await at.openTask({ title: 'Nanti', priority: 'low', labels: ['dapur'] }, person)
    const query = { priority: 'urgent', label: 'dapur' }
    const saved = await ask('POST', '/filters', { name: ' Dapur mendesak ', query }, person)
    assert.equal(saved.status, 201, saved.text)
    assert.deepEqual([saved.body.name, saved.body.query, saved.body.version], ['Dapur mendesak', query, 1])
    const { id } = saved.body
    assert.deepEqual(await titles(`filter_id=${id}`, person), ['Mendesak'])
    assert.deepEqual(await titles(`filter_id=${id}&priority=low`, person), ['Nanti'])
    const twice = await ask('POST', '/filters', { name: 'DAPUR mendesak', query: {} }, person)
    assert.deepEqual([twice.status, twice.body.code], [409, 'filter_name_taken'])
    assert.equal((await ask('POST', '/filters', { name: 'Dapur mendesak', query: {} })).status, 201)
    const changed = await ask('PATCH', `/filters/${id}`, { query: { priority: 'low' } }, person)
    assert.deepEqual([changed.body.query, changed.body.version], [{ priority: 'low' }, 2])
    const own = (await ask('GET', '/filters', undefined, person)).body.data
    assert.deepEqual(own, [changed.body])
    for (const [method, path] of [
      ['GET', `/filters/${id}`],
      ['DELETE', `/filters/${id}`],
      ['GET', `?filter_id=${id}`],
    ] as const)
      assert.equal((await ask(method, path, undefined, at.stranger)).status, 404, `${method} ${path}`)
    assert.equal((await ask('DELETE', `/filters/${id}`, undefined, person)).status, 204)
    assert.equal((await ask('GET', `/filters/${id}`, undefined, person)).status, 404)
  })

  it('T1 opens and changes many with one request, all of them or none', async () => {
    const person = await at.enrol()
    const opened = await ask(
      'POST',
      '/bulk',
      { tasks: [{ title: 'A' }, { title: 'B', priority: 'high' }] },
      person,
    )
    assert.equal(opened.status, 201, opened.text)
    const ids: string[] = opened.body.data.map(({ id }: { id: string }) => id)
    const bad = { tasks: [{ title: 'C' }, { title: 'D', assignee_id: NOBODY }] }
    assert.equal((await ask('POST', '/bulk', bad, person)).status, 400)
    assert.equal((await titles('limit=100', person)).length, 2)
    const change = { status: 'done', labels: ['beres'] }
    const changed = await ask('PATCH', '/bulk', { ids: ids.toReversed(), change }, person)
    assert.deepEqual(
      changed.body.data.map(({ id, status, labels }: { id: string; status: string; labels: string[] }) => [
        id,
        status,
        labels,
      ]),
      ids.toReversed().map((id) => [id, 'done', ['beres']]),
    )
    const other = await at.openTask({ title: 'Milik orang lain' })
    const mixed = { ids: [...ids, other.id], change: { status: 'open' } }
    assert.equal((await ask('PATCH', '/bulk', mixed, person)).status, 404)
    assert.deepEqual(await titles('status=done&sort=created_at', person), ['A', 'B'])

    const waiting = await at.openTask({ title: 'Menunggu' }, person)
    const blocker = await at.openTask({ title: 'Dulu' }, person)
    await at.change(waiting.id, { blocked_by_ids: [blocker.id] }, person)
    const both = { ids: [blocker.id, waiting.id], change: { status: 'done' } }
    assert.equal((await ask('PATCH', '/bulk', both, person)).status, 200)
    const events = await at.eventsOf(waiting.id)
    assert.deepEqual(
      events.map((event) => event.record_version),
      events.map((_each, index) => index + 1),
    )
  })

  it('T2 sums up how far somebody has got, by status and by week', async () => {
    const person = await at.enrol()
    const done = await at.openTask({ title: 'Selesai' }, person)
    await at.change(done.id, { status: 'done' }, person)
    await at.openTask({ title: 'Telat', due_at: inHours(-3) }, person)
    await at.openTask({ title: 'Besok lusa', ttl_seconds: 100_000 }, person)
    await at.openTask({ title: 'Hari ini', ttl_seconds: 50_000 }, person)
    await at.change(done.id, { archived: true }, person)
    const hidden = await at.openTask({ due_at: inHours(-3), ttl_seconds: 50_000 }, person)
    await at.change(hidden.id, { archived: true }, person)
    const { body } = await ask('GET', '/progress', undefined, person)
    const { weeks, ...rest } = body
    assert.deepEqual(rest, {
      by_status: { open: 3, in_progress: 0, done: 1, cancelled: 0, expired: 0 },
      total: 4,
      overdue: 1,
      expiring_within_a_day: 1,
    })
    assert.equal(weeks.length, 8)
    const { week, ...last } = weeks.at(-1)
    assert.equal(new Date(`${week}T00:00:00Z`).getUTCDay(), 1)
    assert.deepEqual(last, { completed: 1, expired: 0, completion_rate: 1 })
    assert.deepEqual(weeks[0].completion_rate, null)
  })
})
