import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { PASSWORD } from '#tests/test-app'
import { type BridgedDesk, startBridgedDesk } from './test-invgate.ts'

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
})
