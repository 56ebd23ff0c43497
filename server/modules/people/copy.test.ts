import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { eventsOf, startTestService, type TestService, userEvent, userState } from '#tests/people-service'
import { startTestApp } from '#tests/test-app'
import { findPerson, findPersonByEmail } from './index.ts'
import { arrange, history, lastWord, seePerson, tell } from './test-histories.ts'

/** How many histories: `TEST_PEOPLE_RUNS=200`. */
const RUNS = Number(process.env['TEST_PEOPLE_RUNS'] ?? 15)

onEach(engines, 'the copy of the users', (backend) => {
  let service: TestService

  before(async () => {
    service = await startTestService(backend)
  })
  after(async () => await service.stop())

  const seen = async (id: string) => await seePerson(service.db, id)

  it('T5 ends as identity has it, in whatever order and however often the events arrive', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(history, { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        async (all, atOnce) => {
          const told = all.map((each) => ({ events: tell(each), arrivals: each.arrivals }))
          const series = told.map(({ events, arrivals }) => arrange(events, arrivals))
          if (atOnce) {
            await Promise.all(series.flat().map(async (event) => await service.hear(event)))
          } else {
            for (const events of series) await service.hear(...events.toReversed())
          }
          for (const { events } of told) {
            const last = lastWord(events.at(-1))
            assert.deepEqual(await seen(String(Reflect.get(last, 'id'))), last)
          }
        },
      ),
      { numRuns: RUNS },
    )
  })

  it('T5 is the same after the same event again', async () => {
    const state = userState()
    for (const type of ['user.registered', 'user.updated', 'user.disabled', 'user.deleted']) {
      const event = userEvent({ type, version: 7, state: { ...state, id: systemIds.next() } })
      await service.hear(event)
      const once = await findPerson(service.db, String(event.data['id']))
      await service.hear(event)
      assert.equal(once?.version, 7)
      assert.deepEqual(await findPerson(service.db, once.id), once, type)
    }
  })

  it('T5 keeps a sign-in that has ended once, and only as long as a token of it may be about', async () => {
    const state = userState()
    const ended = {
      ...userEvent({ type: 'session.revoked', version: 2, state }),
      data: { session_id: systemIds.next(), user_id: state.id, reason: 'logout' },
    }
    await service.hear(ended, ended)
    const rows = await service.db
      .selectFrom('ended_sessions')
      .selectAll()
      .where('user_id', '=', state.id)
      .execute()
    assert.deepEqual(
      rows.map(({ id, ended_at }) => [id, ended_at.toISOString()]),
      [[ended.data.session_id, ended.time]],
    )
    assert.ok((rows[0]?.forget_at.getTime() ?? 0) - Date.parse(ended.time) > 900_000)
  })

  it('T5 does not bring back who is deleted when an older event comes late', async () => {
    const state = userState()
    const [registered, updated, deleted] = [
      userEvent({ type: 'user.registered', version: 1, state }),
      userEvent({ type: 'user.updated', version: 2, state: { ...state, role: 'admin' } }),
      userEvent({ type: 'user.deleted', version: 3, state }),
    ]
    await service.hear(deleted, updated, registered)
    const row = await seen(state.id)
    assert.deepEqual([row?.deleted, row?.version, row?.role], [true, 3, 'customer'])
    assert.equal(await findPersonByEmail(service.db, state.email), undefined)
  })

  it('T5 leaves the latest of many versions that arrive at once', async () => {
    for (let round = 0; round < 5; round += 1) {
      const state = userState()
      const events = Array.from({ length: 12 }, (_, index) =>
        userEvent({
          type: 'user.updated',
          version: index + 1,
          state: { ...state, name: `Version ${index + 1}` },
        }),
      )
      const shuffled = events.toSorted(() => Math.random() - 0.5)
      await Promise.all(shuffled.map(async (event) => await service.hear(event)))
      const row = await seen(state.id)
      assert.deepEqual([row?.version, row?.name], [12, 'Version 12'])
    }
  })

  it('T5 finds somebody by the address that is theirs now, in any case of letters', async () => {
    const first = userState()
    const second = userState({ updated_at: new Date(Date.now() + 1_000).toISOString() })
    await service.hear(userEvent({ type: 'user.registered', version: 1, state: first }))
    assert.equal((await findPersonByEmail(service.db, first.email.toUpperCase()))?.id, first.id)
    // The first one has given the address to the second, which is heard of before that.
    await service.hear(
      userEvent({ type: 'user.registered', version: 1, state: { ...second, email: first.email } }),
    )
    assert.equal((await findPersonByEmail(service.db, first.email))?.id, second.id)
    const renamed = { ...first, email: `other-${first.email}` }
    await service.hear(userEvent({ type: 'user.updated', version: 2, state: renamed }))
    assert.equal((await findPersonByEmail(service.db, first.email))?.id, second.id)
    assert.equal((await findPersonByEmail(service.db, renamed.email))?.id, first.id)
  })

  it('T5 refuses an event without the whole state, so that it is seen', async () => {
    const event = userEvent({ type: 'user.updated', version: 2, state: userState() })
    await assert.rejects(service.hear({ ...event, data: { id: event.data['id'], role: 'admin' } }))
  })

  it('T5 equals the accounts of identity after real changes, heard backwards and twice', async () => {
    const identity = await startTestApp(backend)
    try {
      const { token } = identity.administrator
      const people = [await identity.enrol(), await identity.enrol('agent'), await identity.enrol('operator')]
      for (const [index, person] of people.entries()) {
        const url = `/api/v1/users/${person.id}`
        for (const body of [
          { name: `Wati ${index}`, locale: 'id' },
          { role: 'agent', disabled: true },
        ]) {
          assert.equal((await identity.ask('PATCH', url, { token, body })).status, 200)
        }
        if (index === 0) assert.equal((await identity.ask('DELETE', url, { token })).status, 204)
      }
      const events = await eventsOf(identity)
      await service.hear(...events.toReversed(), ...events)
      const users = await identity.db.selectFrom('users').selectAll().execute()
      assert.equal(users.length, 3, 'the administrator and the two who are left')
      for (const user of users) {
        const { id, name, lastname, email, username, role, locale, version } = user
        const disabled = user.disabled_at !== null
        const expected = { id, name, lastname, email, username, role, locale, version, disabled }
        assert.deepEqual(await seen(user.id), { ...expected, deleted: false })
      }
      assert.equal((await seen(people[0]?.id ?? ''))?.deleted, true)
    } finally {
      await identity.stop()
    }
  })
})
