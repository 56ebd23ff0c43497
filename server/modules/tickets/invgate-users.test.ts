import assert from 'node:assert/strict'
import { it } from 'node:test'
import { isThere, type PeopleTables } from '#modules/people'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { createLog } from '#platform/telemetry/log'
import { createTimers } from '#platform/timers/sweep'
import type { Outcome } from '#platform/timers/timer'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { PASSWORD, type Person } from '#tests/test-app'
import { InvgateFailure } from './invgate/failure.ts'
import { createInvgateLink } from './invgate-people.ts'
import type { InvgateUsers } from './invgate-users.ts'
import { startTestDesk } from './test-desk.ts'
import { type BridgedDesk, environmentFor, startBridgedDesk } from './test-invgate.ts'

const PLACES = { 'companies.users': '7', 'groups.users': '3' } as const
const MORE_THAN_HANDLERS = 24
const environment = {
  INVGATE_COMPANY_ID: PLACES['companies.users'],
  ARMMADA_GROUP_ID: PLACES['groups.users'],
}

onEach(engines, 'the users whom we make at InvGate', (backend) => {
  /** Waits until everybody is known there, and answers their id there. */
  async function idOf(desk: BridgedDesk, userId: string): Promise<number> {
    const row = await eventually(
      async () => {
        desk.clock.advance(5_000)
        const rows = await desk.db.selectFrom('invgate_users').select(['user_id', 'invgate_id']).execute()
        return rows.some(({ invgate_id: id }) => id === null)
          ? undefined
          : rows.find((each) => each.user_id === userId)
      },
      (found) => found !== undefined,
    )
    return row?.invgate_id ?? 0
  }
  /** Where somebody was put, once for every time. */
  function placesOf({ sim }: BridgedDesk, id: number): string[] {
    return sim.journal.entries
      .filter(({ endpoint, parameters }) => endpoint in PLACES && String(parameters['users']) === String(id))
      .map(({ endpoint, parameters }) => `${endpoint} ${String(parameters['id'])}`)
  }
  const BOTH = Object.entries(PLACES).map(([endpoint, id]) => `${endpoint} ${id}`)

  it('D6 are put into their company and group, and those who were there stay where they are', async () => {
    const desk = await startBridgedDesk(backend, {
      environment,
      simulator: { seed: { users: [{ id: 900, email: 'known@karya.test' }] } },
    })
    try {
      const body = { name: 'Siti', lastname: 'Rahma', email: 'known@karya.test', password: PASSWORD }
      const known = await desk.ask('POST', '/api/v1/auth/register', { body })
      assert.equal(await idOf(desk, known.body.user.id), 900)
      assert.deepEqual(placesOf(desk, 900), [])
      const own = await idOf(desk, desk.customer.id)
      assert.deepEqual(placesOf(desk, own), BOTH)
    } finally {
      await desk.stop()
    }
  })

  for (const [what, fault] of [
    [
      'the answer that they were made is lost',
      { endpoint: 'user', method: 'POST', mode: 'reset_after_commit' },
    ],
    ['their group cannot be reached', { endpoint: 'groups.users', mode: 'reset_before' }],
    ['the answer of their company is lost', { endpoint: 'companies.users', mode: 'reset_after_commit' }],
  ] as const) {
    it(`D6 are put there as well when ${what}`, async () => {
      const desk = await startBridgedDesk(backend, { environment })
      try {
        await idOf(desk, desk.customer.id)
        desk.sim.faults.add(fault)
        const person = await desk.enrol()
        const id = await idOf(desk, person.id)
        assert.equal(desk.sim.store.findUser(id)?.email, person.email)
        assert.deepEqual([...new Set(placesOf(desk, id))].toSorted(), BOTH)
        const made = desk.sim.journal
          .of('user', 'POST')
          .filter(({ parameters }) => parameters['email'] === person.email)
        assert.equal(made.length, 1)
      } finally {
        await desk.stop()
      }
    })
  }

  it('D6 are put nowhere where no place is named', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      const own = await idOf(desk, desk.customer.id)
      assert.deepEqual(placesOf(desk, own), [])
    } finally {
      await desk.stop()
    }
  })

  it('D6 keep nothing else waiting while InvGate does not answer who they are', async () => {
    const desk = await startBridgedDesk(backend, { mode: 'deferred' })
    const tried = async () =>
      await desk.db.selectFrom('invgate_users').select('user_id').where('attempts', '>', 0).execute()
    const asked = () => desk.sim.journal.of('user.by').length
    try {
      await idOf(desk, desk.customer.id)
      const before = asked()
      desk.sim.faults.add({ endpoint: 'user.by', mode: 'hang', times: null })
      for (let count = 0; count < MORE_THAN_HANDLERS; count += 1) await desk.enrol()
      await eventually(
        async () => asked() - before,
        (count) => count >= 3,
      )
      const { id } = await desk.openTicket({ category_id: 11 })
      await eventually(
        async () => await desk.read(id),
        ({ sync }) => sync.state === 'synced',
      )
      // Each has its place for as long as InvGate is given to answer.
      assert.deepEqual([asked() - before, await tried()], [3, []])
      desk.sim.faults.clear()
    } finally {
      await desk.stop()
    }
  })

  const madeOf = ({ sim }: BridgedDesk, { email }: Pick<Person, 'email'>) =>
    sim.journal.of('user', 'POST').filter(({ parameters }) => parameters['email'] === email).length

  it('D6 are not made again while InvGate may still do what it was asked', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      await idOf(desk, desk.customer.id)
      desk.sim.faults.add({ endpoint: 'user', method: 'POST', mode: 'reset_before' })
      const person = await desk.enrol()
      const read = async () =>
        await desk.db
          .selectFrom('invgate_users')
          .select(['making_at', 'last_error'])
          .where('user_id', '=', person.id)
          .executeTakeFirst()
      const first = await eventually(read, (row) => typeof row?.last_error === 'string')
      await idOf(desk, person.id)
      assert.equal(madeOf(desk, person), 2)
      const begun = [first, await read()].map((row) => row?.making_at?.getTime() ?? 0)
      assert.ok((begun[1] ?? 0) - (begun[0] ?? 0) >= 45_000, begun.join(' '))
    } finally {
      await desk.stop()
    }
  })

  it('D6 are made at once again where InvGate was certainly not reached', async () => {
    const desk = await startBridgedDesk(backend)
    try {
      await idOf(desk, desk.customer.id)
      desk.sim.faults.add({ endpoint: 'user', method: 'POST', mode: 'status', status: 429 })
      const before = desk.clock.now().getTime()
      const person = await desk.enrol()
      await eventually(
        async () => madeOf(desk, person),
        (count) => count === 1,
      )
      await eventually(
        async () => {
          if (desk.clock.now().getTime() < before + 10_000) desk.clock.advance(5_000)
          return desk.sim.store.findUserBy('email', person.email)
        },
        (user) => user !== undefined,
      )
    } finally {
      await desk.stop()
    }
  })

  it('D6 are made by one of two servers that both want them', async () => {
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    const first = await startBridgedDesk(kept)
    const second = await startTestDesk(kept, { environment: environmentFor(first.sim), clock: first.clock })
    try {
      await idOf(first, second.customer.id)
      first.sim.faults.add({ endpoint: 'user', method: 'POST', mode: 'delay', delayMs: 1_000, times: 2 })
      const person = await first.enrol()
      const tickets = await Promise.all([first.openTicket({}, person), second.openTicket({}, person)])
      assert.deepEqual(
        tickets.map(({ sync }) => sync.state),
        ['synced', 'synced'],
      )
      assert.equal(madeOf(first, person), 1)
    } finally {
      await second.stop()
      await first.stop()
      await place.remove()
    }
  })

  it('D6 are none of those who have left when InvGate is switched on', async () => {
    const place = await backend.create()
    const kept = { ...backend, create: async () => ({ ...place, remove: async () => {} }) }
    const alone = await startTestDesk(kept)
    const gone = alone.customer
    const { token } = alone.administrator
    const body = { disabled: true }
    const { status, text } = await alone.ask('PATCH', `/api/v1/users/${gone.id}`, { token, body })
    assert.equal(status, 200, text)
    await eventually(
      async () => await alone.db.withTables<PeopleTables>().selectFrom('people').selectAll().execute(),
      (people) => people.some((person) => !isThere(person)),
    )
    await alone.stop()
    const desk = await startBridgedDesk(kept)
    try {
      await eventually(
        async () => {
          desk.clock.advance(5_000)
          return await desk.db
            .selectFrom('invgate_users')
            .select('invgate_id')
            .where('user_id', 'in', [alone.agent.id, desk.customer.id])
            .execute()
        },
        (rows) => rows.length === 2 && rows.every(({ invgate_id: id }) => id !== null),
      )
      await eventually(
        async () =>
          await desk.db.selectFrom('timers').select('kind').where('kind', '=', 'invgate.user').execute(),
        (timers) => timers.length === 0,
      )
      assert.equal(madeOf(desk, gone), 0)
    } finally {
      await desk.stop()
      await place.remove()
    }
  })

  it('D6 are sought again when what was begun is settled, and then their tickets go on at once', async () => {
    const desk = await startTestDesk(backend)
    try {
      const { id } = await desk.openTicket()
      await desk.db.updateTable('tickets').set({ sync_state: 'pending' }).where('id', '=', id).execute()
      const makingAt = new Date(desk.clock.now().getTime() - 44_000)
      await desk.db
        .insertInto('invgate_users')
        .values({
          user_id: desk.customer.id,
          invgate_id: null,
          making_at: makingAt,
          state: 'pending',
          attempts: 9,
          last_error: null,
          updated_at: makingAt,
        })
        .execute()
      const { db, clock } = desk
      const timers = createTimers({ db, clock, log: createLog({ level: 'error' }) })
      const outcomeOf = async (provide: InvgateUsers['provide']) => {
        const link = createInvgateLink({ db, clock, timers, users: { provide, noteFailure: async () => {} } })
        let outcome: Outcome | void
        const due = { subject: desk.customer.id, dueAt: clock.now(), attempt: 1, data: null }
        await link.handle(due, async (work) => {
          outcome = await transaction(db, systemCall, async (trx) => await work(trx))
          return true
        })
        return outcome
      }
      const failure = new InvgateFailure({ code: 'resting', message: 'Not yet', mayBeDone: false })
      const early = await outcomeOf(async () => await Promise.reject(failure))
      assert.equal(early?.again.getTime(), makingAt.getTime() + 45_000)
      assert.equal(await outcomeOf(async () => ({ id: 900, email: desk.customer.email })), undefined)
      const [timer] = await db
        .selectFrom('timers')
        .select('kind')
        .where('subject', '=', id)
        .where('kind', 'like', 'invgate.%')
        .execute()
      assert.equal(timer?.kind, 'invgate.ticket')
    } finally {
      await desk.stop()
    }
  })
})
