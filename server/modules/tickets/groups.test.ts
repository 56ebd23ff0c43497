import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Answer, Person } from '#tests/test-app'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'groups of the desk and its canned replies', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  const ask = async (
    method: string,
    path: string,
    body?: object,
    by: Person = desk.administrator,
  ): Promise<Answer> =>
    await desk.ask(method, `${TICKETS}/${path}`, { token: by.token, ...(body === undefined ? {} : { body }) })

  const told = async (subject: string) =>
    (
      await desk.db
        .selectFrom('outbox')
        .select(['type', 'record_version', 'data'])
        .where('subject', '=', subject)
        .orderBy('record_version')
        .execute()
    ).map(({ type, record_version: version, data }) => [type, version, JSON.parse(data)])

  const timelineOf = async (by: Person, type: string) =>
    (await desk.ask('GET', `/api/v1/activity?type=${type}`, { token: by.token })).body.data

  it('D8 nobody but the desk reads of its groups and canned replies in the timeline', async () => {
    await ask('POST', 'groups', { name: 'Rahasia' })
    await ask('POST', 'canned-replies', { name: 'Rahasia', text: 'Rahasia' })
    const manager = await desk.enrol('production_manager')
    for (const type of ['ticket_group.created', 'canned_reply.created']) {
      await eventually(
        async () => await timelineOf(desk.agent, type),
        (data) => data.length > 0,
      )
      assert.deepEqual(await timelineOf(manager, type), [])
    }
  })

  it('E1 every change of a group and of a canned reply is an event with the whole of it', async () => {
    for (const [path, prefix, idField, body, change] of [
      [
        'groups',
        'ticket_group',
        'group_id',
        { name: 'Gudang', member_ids: [desk.agent.id] },
        { name: 'Toko' },
      ],
      [
        'canned-replies',
        'canned_reply',
        'canned_reply_id',
        { name: 'Pamit', text: 'Sampai' },
        { text: 'Dah' },
      ],
    ] as const) {
      const { body: made } = await ask('POST', path, body)
      const { body: changed } = await ask('PATCH', `${path}/${made.id}`, change)
      assert.equal((await ask('DELETE', `${path}/${made.id}`)).status, 204)
      const [first, second, last] = await told(`${prefix}/${made.id}`)
      assert.deepEqual(first, [`${prefix}.created`, 1, { ...made, [idField]: made.id }])
      assert.deepEqual(second, [`${prefix}.updated`, 2, { ...changed, [idField]: made.id }])
      assert.deepEqual(last, [
        `${prefix}.deleted`,
        3,
        { ...changed, [idField]: made.id, version: 3, updated_at: last?.[2].updated_at },
      ])
    }
  })

  it('D8 a group has a name of its own and members who work at the desk', async () => {
    const made = await ask('POST', 'groups', { name: ' Mesin ', member_ids: [desk.agent.id] })
    assert.deepEqual(
      [made.status, made.body.name, made.body.member_ids],
      [201, 'Mesin', [desk.agent.id]],
      made.text,
    )
    assert.equal(made.headers['location'], `${TICKETS}/groups/${made.body.id}`)
    assert.equal((await ask('POST', 'groups', { name: 'mesin' })).body.code, 'group_name_taken')
    const path = `groups/${made.body.id}`
    for (const stranger of [desk.customer.id, NOBODY]) {
      const refused = await ask('PATCH', path, { member_ids: [desk.agent.id, stranger] })
      assert.deepEqual([refused.status, refused.body.errors[0].pointer], [400, '/member_ids/1'])
    }
    const emptied = await ask('PATCH', path, { name: 'Mesin kopi', member_ids: [] })
    assert.deepEqual(
      [emptied.body.name, emptied.body.member_ids, emptied.body.version],
      ['Mesin kopi', [], 2],
    )
    assert.deepEqual((await ask('GET', path, undefined, desk.agent)).body, emptied.body)
    const listed = await ask('GET', 'groups', undefined, desk.agent)
    assert.ok(listed.body.data.some(({ id }: { id: string }) => id === made.body.id))
    assert.equal((await ask('POST', 'groups', { name: 'Lain' }, desk.agent)).status, 403)
    assert.equal((await ask('GET', 'groups', undefined, desk.customer)).status, 403)
  })

  it('D8 a group goes only when no ticket belongs to it, at once with giving one or not', async () => {
    const { body: group } = await ask('POST', 'groups', { name: 'Kasir', member_ids: [desk.agent.id] })
    const ticket = await desk.openTicket()
    await ask('PATCH', ticket.id, { group_id: group.id })
    const used = await ask('DELETE', `groups/${group.id}`)
    assert.deepEqual([used.status, used.body.code], [409, 'group_in_use'])
    await ask('PATCH', ticket.id, { group_id: null })
    const [given, gone] = await Promise.all([
      ask('PATCH', ticket.id, { group_id: group.id }),
      ask('DELETE', `groups/${group.id}`),
    ])
    const { group_id: groupId } = await desk.read(ticket.id)
    assert.deepEqual(
      [given.status, gone.status, groupId],
      gone.status === 204 ? [400, 204, null] : [200, 409, group.id],
    )
    assert.equal((await ask('DELETE', `groups/${NOBODY}`)).body.code, 'group_not_found')
  })

  it('D8 one of the groups of one name that are made at once is there', async () => {
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => ask('POST', 'groups', { name: 'Serentak' })),
    )
    assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 409, 409, 409])
  })

  it('D8 canned replies are kept by the desk, in the order of their names, and seen by nobody else', async () => {
    const by = desk.agent
    for (const name of ['Salam', 'Maaf'])
      assert.equal((await ask('POST', 'canned-replies', { name, text: `${name}!` }, by)).status, 201)
    const { body } = await ask('GET', 'canned-replies?limit=1', undefined, by)
    assert.deepEqual([body.data.length, body.data[0].name, body.page.has_more], [1, 'Maaf', true])
    const path = `canned-replies/${body.data[0].id}`
    const changed = await ask('PATCH', path, { text: 'Mohon maaf' }, by)
    assert.deepEqual([changed.body.name, changed.body.text, changed.body.version], ['Maaf', 'Mohon maaf', 2])
    assert.deepEqual((await ask('GET', path, undefined, by)).body, changed.body)
    for (const [method, at] of [
      ['GET', 'canned-replies'],
      ['GET', path],
      ['DELETE', path],
    ] as const)
      assert.equal((await ask(method, at, undefined, desk.customer)).status, 403)
    assert.equal((await ask('DELETE', path, undefined, by)).status, 204)
    assert.equal((await ask('GET', path, undefined, by)).body.code, 'canned_reply_not_found')
  })
})
