import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Answer, Person } from '#tests/test-app'
import type { Link } from './link-schemas.ts'
import type { Ticket } from './schemas.ts'
import { NOBODY, startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'

onEach(engines, 'merging tickets', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  const ask = async (method: string, path: string, body?: object, by: Person = desk.agent): Promise<Answer> =>
    await desk.ask(method, `${TICKETS}/${path}`, { token: by.token, ...(body === undefined ? {} : { body }) })
  const merge = async (id: string, into: string): Promise<Answer> =>
    await ask('POST', `${id}/merge`, { into })
  const must = async (answer: Promise<Answer>): Promise<Answer['body']> => {
    const { status, text, body } = await answer
    assert.ok(status < 300, text)
    return body
  }
  const two = async (): Promise<[Ticket, Ticket]> => [await desk.openTicket(), await desk.openTicket()]
  const linksOf = async (id: string, by: Person = desk.agent): Promise<Link[]> =>
    (await must(ask('GET', `${id}/links`, undefined, by))).data

  it('D8 ends one, keeps its messages, and refuses replies with the ticket in which it goes on', async () => {
    const [first, second] = await two()
    await must(ask('POST', `${first.id}/messages`, { text: 'Di dapur' }, desk.customer))
    const merged = await must(merge(first.number, second.number))
    assert.deepEqual([merged.id, merged.status, merged.merged_into_id], [first.id, 'cancelled', second.id])
    const { data } = await must(ask('GET', `${first.id}/messages`, undefined, desk.customer))
    assert.equal(data.length, 1)
    for (const [path, body] of [
      ['messages', { text: 'Halo' }],
      ['messages', { kind: 'note', text: 'Halo' }],
      ['links', { kind: 'product', record_id: NOBODY }],
      ['rework', { product_name: 'Mesin', quantity: 1 }],
      ['merge', { into: (await desk.openTicket()).id }],
    ] as const) {
      const refused = await ask('POST', `${first.id}/${path}`, body)
      assert.deepEqual(
        [refused.status, refused.body.code, refused.body.merged_into_id],
        [409, 'ticket_merged', second.id],
        path,
      )
    }
    const [event] = (await desk.eventsOf(first.id)).filter(({ type }) => type === 'ticket.merged')
    assert.deepEqual(Reflect.get(Object(event?.data), 'into_id'), second.id)
    assert.equal((await desk.read(second.id)).status, 'new')
  })

  it('D8 shows nobody the ticket of somebody else: such watchers stay behind, the desk comes along', async () => {
    const theirs = await desk.openTicket({ title: 'Rahasia' }, desk.stranger)
    const { id } = await desk.openTicket()
    await must(ask('PUT', `${id}/watchers/${desk.customer.id}`, undefined, desk.customer))
    await must(ask('PUT', `${id}/watchers/${desk.agent.id}`))
    await must(ask('PUT', `${id}/watchers/${desk.stranger.id}`))
    await must(merge(id, theirs.id))
    const { watcher_ids: watchers } = await desk.read(theirs.id)
    assert.deepEqual(watchers, [desk.agent.id, desk.stranger.id].toSorted())
    assert.equal((await ask('GET', theirs.id, undefined, desk.customer)).status, 404)
    const heard = await ask('GET', '', undefined, desk.customer)
    assert.ok(heard.body.data.every((ticket: Ticket) => ticket.id !== theirs.id))
  })

  it('D8 brings watchers and links along, each once', async () => {
    const [first, second] = await two()
    const order = '01890000-0000-7000-8000-00000000000a'
    const product = '01890000-0000-7000-8000-00000000000b'
    await must(ask('PUT', `${first.id}/watchers/${desk.stranger.id}`))
    await must(ask('PUT', `${first.id}/watchers/${desk.agent.id}`))
    await must(ask('PUT', `${second.id}/watchers/${desk.agent.id}`))
    for (const id of [first.id, second.id])
      await must(ask('POST', `${id}/links`, { kind: 'order', record_id: order }))
    await must(ask('POST', `${first.id}/links`, { kind: 'product', record_id: product, label: 'Gayo' }))
    await must(ask('POST', `${first.id}/links`, { kind: 'ticket', record_id: second.id }))
    await must(ask('POST', `${second.id}/links`, { kind: 'ticket', record_id: first.id }))
    await must(merge(first.id, second.id))
    const { watcher_ids: watchers, version } = await desk.read(second.id)
    assert.deepEqual(watchers, [desk.agent.id, desk.stranger.id].toSorted())
    assert.equal((await desk.read(second.id, desk.stranger)).version, version)
    const links = await linksOf(second.id)
    assert.deepEqual(
      links.map(({ kind, record_id: id, label, relation }) => [kind, id, label, relation]).toSorted(),
      [
        ['order', order, null, 'about'],
        ['product', product, 'Gayo', 'about'],
        ['ticket', first.id, first.number, 'merged'],
      ],
    )
    assert.deepEqual(await linksOf(first.id), [])
  })

  it('D8 is refused into itself, into what has ended, and of what has ended', async () => {
    const [first, second] = await two()
    assert.equal((await merge(first.id, first.number)).body.code, 'merged_into_itself')
    assert.equal((await merge(first.id, NOBODY)).status, 404)
    assert.equal((await merge(NOBODY, first.id)).status, 404)
    assert.equal((await ask('POST', `${first.id}/merge`, { into: second.id }, desk.customer)).status, 403)
    await desk.setStatus(second.id, { status: 'solved' })
    await desk.setStatus(second.id, { status: 'closed' })
    const into = await merge(first.id, second.id)
    assert.deepEqual(
      [into.status, into.body.code, into.body.current_status],
      [409, 'merge_target_ended', 'closed'],
    )
    const of = await merge(second.id, first.id)
    assert.deepEqual([of.status, of.body.code, of.body.current_status], [409, 'ticket_ended', 'closed'])
    const third = await desk.openTicket()
    await must(merge(third.id, first.id))
    const chained = await merge(first.id, third.id)
    assert.deepEqual([chained.body.code, chained.body.merged_into_id], ['ticket_merged', first.id])
  })

  it('D8 of two tickets into each other at once merges one', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [first, second] = await two()
      const answers = await Promise.all([
        merge(first.id, second.id),
        merge(second.id, first.id),
        merge(first.id, second.id),
      ])
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409, 409])
      const after = [await desk.read(first.id), await desk.read(second.id)]
      assert.deepEqual(after.map(({ status }) => status).toSorted(), ['cancelled', 'new'])
    }
  })

  it('D8 and replying at once leave no reply that came after the end', async () => {
    for (let round = 0; round < 3; round += 1) {
      const [first, second] = await two()
      const replies = Array.from({ length: 4 }, () =>
        ask('POST', `${first.id}/messages`, { text: 'Halo' }, desk.customer),
      )
      const [merged, ...answers] = await Promise.all([merge(first.id, second.id), ...replies])
      assert.equal(merged.status, 200, merged.text)
      const kept = await must(ask('GET', `${first.id}/messages`))
      const said = answers.filter(({ status }) => status === 201)
      assert.equal(kept.data.length, said.length)
      for (const refused of answers.filter((answer) => !said.includes(answer)))
        assert.equal(refused.body.merged_into_id, second.id, refused.text)
    }
  })
})

onEach(engines, 'watchers and links of tickets', (backend) => {
  let desk: TestDesk
  before(async () => {
    desk = await startTestDesk(backend)
  })
  after(async () => await desk.stop())

  const ask = async (method: string, path: string, by: Person, body?: object): Promise<Answer> =>
    await desk.ask(method, `${TICKETS}/${path}`, { token: by.token, ...(body === undefined ? {} : { body }) })

  it('D8 a watcher sees the ticket from then on, and no longer once they are none', async () => {
    const { id } = await desk.openTicket()
    const path = `${id}/watchers/${desk.stranger.id}`
    assert.equal((await ask('PUT', path, desk.stranger)).status, 404)
    assert.equal((await ask('PUT', path, desk.customer)).body.code, 'watchers_by_desk')
    for (const again of [2, 2]) {
      const { status, body } = await ask('PUT', path, desk.agent)
      assert.deepEqual([status, body.watcher_ids, body.version], [200, [desk.stranger.id], again])
    }
    assert.equal((await ask('GET', id, desk.stranger)).status, 200)
    assert.equal((await ask('DELETE', path, desk.customer)).status, 403)
    for (const expected of [204, 404])
      assert.equal((await ask('DELETE', path, desk.stranger)).status, expected)
    assert.equal((await ask('DELETE', path, desk.agent)).status, 204)
    assert.deepEqual([(await desk.read(id)).version, (await desk.read(id)).watcher_ids], [3, []])
    assert.equal((await ask('PUT', `${id}/watchers/${NOBODY}`, desk.agent)).body.code, 'watcher_not_found')
    const own = await ask('PUT', `${id}/watchers/${desk.customer.id}`, desk.customer)
    assert.deepEqual(own.body.watcher_ids, [desk.customer.id])
  })

  it('D8 makes one watcher of those who are added at once', async () => {
    const { id } = await desk.openTicket()
    const path = `${id}/watchers/${desk.stranger.id}`
    const answers = await Promise.all(Array.from({ length: 5 }, () => ask('PUT', path, desk.agent)))
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    assert.equal((await desk.read(id)).version, 2)
  })

  it('D8 links are made by those whose ticket it is and the desk, each once', async () => {
    const { id } = await desk.openTicket()
    const link = { kind: 'order', record_id: NOBODY, label: 'INV-1' }
    const made = await ask('POST', `${id}/links`, desk.customer, link)
    assert.deepEqual([made.status, made.body.relation, made.body.label], [201, 'about', 'INV-1'], made.text)
    const again = await ask('POST', `${id}/links`, desk.agent, link)
    assert.deepEqual([again.status, again.body.link_id], [409, made.body.id])
    await ask('PUT', `${id}/watchers/${desk.stranger.id}`, desk.agent)
    const watcher = await ask('POST', `${id}/links`, desk.stranger, { ...link, kind: 'product' })
    assert.deepEqual([watcher.status, watcher.body.code], [403, 'not_your_ticket'])
    const desks = await ask('POST', `${id}/links`, desk.agent, { ...link, kind: 'work_order' })
    const kept = await ask('DELETE', `${id}/links/${desks.body.id}`, desk.customer)
    assert.equal(kept.status, 403)
    assert.equal((await ask('DELETE', `${id}/links/${made.body.id}`, desk.customer)).status, 204)
    assert.equal((await ask('DELETE', `${id}/links/${made.body.id}`, desk.agent)).status, 404)
    const types = (await desk.eventsOf(id)).map(({ type }) => type)
    assert.deepEqual(types.slice(1), ['ticket.linked', 'ticket.updated', 'ticket.linked', 'ticket.unlinked'])
  })

  it('D8 of other tickets nobody learns by a link', async () => {
    const { id } = await desk.openTicket()
    const other = await desk.openTicket({ title: 'Rahasia' }, desk.stranger)
    const link = { kind: 'ticket', record_id: other.id, label: 'Sama' }
    const guessed = await ask('POST', `${id}/links`, desk.customer, link)
    const nothing = await ask('POST', `${id}/links`, desk.customer, { ...link, record_id: NOBODY })
    for (const { status, body } of [guessed, nothing])
      assert.deepEqual([status, body.errors[0].code], [400, 'unknown_ticket'])
    assert.equal((await ask('POST', `${id}/links`, desk.agent, { ...link, record_id: id })).status, 400)
    const made = await ask('POST', `${id}/links`, desk.agent, link)
    assert.equal(made.status, 201, made.text)
    assert.deepEqual((await ask('GET', `${id}/links`, desk.customer)).body.data, [])
    assert.deepEqual((await ask('GET', `${id}/links`, desk.agent)).body.data, [made.body])
    assert.equal((await ask('DELETE', `${id}/links/${made.body.id}`, desk.customer)).status, 404)
  })
})
