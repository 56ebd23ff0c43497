import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'strange input at the desk', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  it('D1 words that nobody can see are no title and no description', async () => {
    const unseen = ['\u200b', '\u2800', '\u3164', '\u2060\u00ad', '\ufe0f', '\u202e', '\u0007']
    for (const text of unseen)
      for (const words of [
        { title: text, description: 'Air menetes.' },
        { title: 'Bocor', description: ` ${text}\n` },
      ]) {
        const answer = await desk.ask('POST', TICKETS, { token: desk.customer.token, body: words })
        assert.deepEqual(
          [answer.status, answer.body.error],
          [400, 'title and description are required'],
          JSON.stringify(words),
        )
      }
    // Letters that are made of several such, and emoji, are seen.
    for (const title of ['👩‍🌾', 'क्ष', '☕️', 'é', '\u200fשלום'])
      assert.equal((await desk.openTicket({ title })).title, title)
  })

  it('D8 waits for no moment that no clock of ours shows', async () => {
    const { id } = await desk.openTicket()
    for (const until of [
      '2027-12-31T23:59:60Z',
      '9999-12-31T23:59:59-10:00',
      '2027-01-01T00:00:00Z[Asia/Jakarta]',
      '2027-02-30T00:00:00Z',
    ]) {
      const body = { status: 'pending', pending_reason: 'date', pending_until: until }
      const answer = await desk.ask('PUT', `${TICKETS}/${id}/status`, { token: desk.agent.token, body })
      assert.equal(answer.status, 400, `${until}: ${answer.text}`)
      assert.equal(answer.body.errors[0].pointer, '/pending_until')
    }
    const body = { status: 'pending', pending_reason: 'date', pending_until: '2126-12-31T23:59:59.5+07:00' }
    assert.equal((await desk.setStatus(id, body)).pending_until, '2126-12-31T16:59:59.500Z')
  })

  it('D8 finds a tag however its letters are composed', async () => {
    const { id } = await desk.openTicket()
    const { token } = desk.agent
    await desk.ask('PATCH', `${TICKETS}/${id}`, { token, body: { tags: ['Cafe\u0301', 'ﬁlter', 'cafe'] } })
    assert.deepEqual((await desk.read(id)).tags.toSorted(), ['cafe', 'café', 'filter'])
    for (const tag of ['Cafe\u0301', 'CAFÉ', 'café', 'ﬁlter', ' FILTER ']) {
      const list = await desk.ask('GET', `${TICKETS}?tag=${encodeURIComponent(tag)}`, { token })
      assert.deepEqual(
        list.body.data.map((found: { id: string }) => found.id),
        [id],
        tag,
      )
    }
  })
})
