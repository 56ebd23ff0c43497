import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { formOf, samples } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { startTestTasks, TASKS, type TestTasks } from './test-tasks.ts'

const PNG = samples['image/png']

onEach(engines, 'what is said about tasks', (backend) => {
  let at: TestTasks
  before(async () => {
    at = await startTestTasks(backend)
  })
  after(async () => await at.stop())

  const comment = async (id: string, text: string, by: Person) =>
    await at.ask('POST', `${TASKS}/${id}/comments`, { token: by.token, body: { text } })
  async function attach(id: string, by: Person, content: Buffer | string = PNG) {
    const form = formOf({ name: 'text', content: ' Lihat ini ' }, { filename: 'mesin.png', content })
    const response = await at.app.http.inject({
      method: 'POST',
      url: `${TASKS}/${id}/attachments`,
      headers: { ...form.headers, authorization: `Bearer ${by.token}` },
      payload: form.body,
    })
    return { status: response.statusCode, body: response.json(), text: response.body }
  }
  async function statusOf(url: string, by: Person): Promise<number> {
    const headers = { authorization: `Bearer ${by.token}` }
    return (await at.app.http.inject({ method: 'GET', url, headers })).statusCode
  }

  it('T1 keeps comments of owner and assignee in their order, and tells both, without changing the task', async () => {
    const task = await at.openTask({ assignee_id: at.helper.id })
    const first = await comment(task.id, ' Sikatnya di mana? ', at.helper)
    assert.equal(first.status, 201, first.text)
    assert.deepEqual(
      [first.body.text, first.body.author_id, first.body.files],
      ['Sikatnya di mana?', at.helper.id, []],
    )
    const second = await comment(task.id, 'Di laci', at.owner)
    const { body } = await at.ask('GET', `${TASKS}/${task.id}/comments`, { token: at.helper.token })
    assert.deepEqual(body.data, [first.body, second.body])
    assert.equal((await at.read(task.id)).version, 1)
    const event = await at.db
      .selectFrom('outbox')
      .select(['type', 'data'])
      .where('subject', '=', `task_comment/${first.body.id}`)
      .executeTakeFirstOrThrow()
    const data = JSON.parse(event.data)
    assert.deepEqual(
      [event.type, data.owner_id, data.assignee_id, data.text],
      ['task.commented', at.owner.id, at.helper.id, 'Sikatnya di mana?'],
    )
  })

  it('T1 keeps files for those who may read the task, and lets go of them with it', async () => {
    const task = await at.openTask({ assignee_id: at.helper.id })
    const { status, text, body } = await attach(task.id, at.helper)
    assert.equal(status, 201, text)
    const [file] = body.files
    for (const [person, expected] of [
      [at.owner, 200],
      [at.helper, 200],
      [at.administrator, 200],
      [at.stranger, 404],
    ] as const)
      assert.equal(await statusOf(file.url, person), expected)
    assert.deepEqual([body.text, file.name, file.type], ['Lihat ini', 'mesin.png', 'image/png'])
    assert.equal((await attach(task.id, at.owner, 'MZ\u0000\u0001')).status, 415)
    await at.change(task.id, { assignee_id: null })
    assert.equal(await statusOf(file.url, at.helper), 404)
    const { token } = at.owner
    assert.equal((await at.ask('DELETE', `${TASKS}/${task.id}`, { token })).status, 204)
    assert.equal(await statusOf(file.url, at.owner), 404)
    const row = await at.db
      .selectFrom('files')
      .select('dropped_at')
      .where('id', '=', file.id)
      .executeTakeFirst()
    assert.ok(row === undefined || row.dropped_at !== null)
  })

  it('T1 takes no word from strangers, nor an empty one', async () => {
    const task = await at.openTask()
    assert.equal((await comment(task.id, 'Halo', at.stranger)).status, 404)
    assert.equal((await attach(task.id, at.stranger)).status, 404)
    assert.equal((await comment(task.id, '  ', at.owner)).status, 400)
    const { body } = await at.ask('GET', `${TASKS}/${task.id}/comments`, { token: at.owner.token })
    assert.deepEqual(body.data, [])
    const url = `${TASKS}/${task.id}/comments`
    assert.equal((await at.ask('GET', url, { token: at.stranger.token })).status, 404)
  })
})
