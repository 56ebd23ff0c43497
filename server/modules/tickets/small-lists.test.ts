import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'the small lists of the desk', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  async function everyPage(path: string, token: string): Promise<{ id: string }[]> {
    const found: { id: string }[] = []
    let cursor = ''
    do {
      const answer = await desk.ask('GET', `${TICKETS}/${path}?limit=1${cursor}`, { token })
      assert.equal(answer.status, 200, answer.text)
      const { data, page } = answer.body
      assert.ok(data.length <= 1)
      assert.equal(page.has_more, page.next_cursor !== null)
      found.push(...data)
      cursor = page.next_cursor === null ? '' : `&cursor=${page.next_cursor}`
    } while (cursor !== '')
    return found
  }

  it('C5 groups, policies and links come in pages like every list', async () => {
    const { token } = desk.administrator
    const { id } = await desk.openTicket()
    for (const name of ['Teknik', 'Kasir'])
      await desk.ask('POST', `${TICKETS}/groups`, { token, body: { name } })
    for (const record of ['a', 'b', 'c']) {
      const body = { kind: 'product', record_id: `01890000-0000-7000-8000-00000000000${record}` }
      await desk.ask('POST', `${TICKETS}/${id}/links`, { token, body })
    }
    for (const [path, count] of [
      ['groups', 2],
      ['sla/policies', 6],
      [`${id}/links`, 3],
    ] as const) {
      const rows = await everyPage(path, token)
      assert.equal(new Set(rows.map((row) => row.id)).size, count, path)
      const whole = await desk.ask('GET', `${TICKETS}/${path}`, { token })
      assert.deepEqual(whole.body.data, rows)
      assert.deepEqual(whole.body.page, { next_cursor: null, has_more: false })
      const unknown = await desk.ask('GET', `${TICKETS}/${path}?colour=red`, { token })
      assert.equal(unknown.status, 400, path)
    }
  })
})
