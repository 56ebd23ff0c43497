import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import type { Outbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import { engines, onEach } from '#tests/backends'
import { createCreateTicket } from './create-ticket.ts'
import { createEditTicket } from './edit-ticket.ts'
import type { TicketParts } from './parts.ts'
import { createSetStatus } from './set-status.ts'
import { startTestDesk, type TestDesk } from './test-desk.ts'

const TABLES = [
  'tickets',
  'ticket_messages',
  'ticket_spans',
  'ticket_tags',
  'ticket_clocks',
  'ticket_numbers',
] as const

onEach(engines, 'a change of a ticket whose last step fails', (backend) => {
  let desk: TestDesk
  let call: Call<unknown>
  let parts: TicketParts
  before(async () => {
    desk = await startTestDesk(backend)
    call = {
      ...systemCall,
      actor: {
        userId: desk.agent.id,
        email: desk.agent.email,
        role: 'agent',
        permissions: new Set(['tickets:read_any', 'tickets:write_any']),
        sessionId: null,
      },
    }
    parts = {
      db: desk.db,
      clock: desk.clock,
      ids: systemIds,
      businessDays: createBusinessDays('Asia/Jakarta'),
      // What comes last is the event.
      outbox,
      timers,
    }
  })
  after(async () => await desk.stop())

  const halt = new Error('the last step')
  const outbox: Outbox = {
    append: async () => {
      throw halt
    },
  }
  const timers: Timers = { schedule: async () => {}, cancel: async () => {} }

  async function rows(): Promise<readonly string[]> {
    const kept = await Promise.all(
      TABLES.map(async (table) => JSON.stringify(await desk.db.selectFrom(table).selectAll().execute())),
    )
    const told = await desk.db
      .selectFrom('outbox')
      .select('id')
      .where('subject', 'like', 'ticket/%')
      .orderBy('id')
      .execute()
    return [...kept, JSON.stringify(told)]
  }
  async function leavesNothing(work: () => Promise<unknown>): Promise<void> {
    const known = await rows()
    await assert.rejects(work, halt)
    assert.deepEqual(await rows(), known)
  }

  it('D1 leaves no ticket, and its number to the next one', async () => {
    const { number } = await desk.openTicket()
    await leavesNothing(
      async () => await createCreateTicket(parts)(call, { title: 'Gagal', description: 'Di akhir' }),
    )
    const next = await desk.openTicket()
    assert.equal(Number(next.number.slice(4)), Number(number.slice(4)) + 1)
  })

  it('D1 leaves nothing when what goes along with a ticket fails', async () => {
    const opening = {
      syncState: 'pending' as const,
      afterOpen: async () => {
        throw halt
      },
    }
    const whole = { ...parts, outbox: { append: async () => {} } }
    await leavesNothing(
      async () => await createCreateTicket(whole, opening)(call, { title: 'Gagal', description: 'Di akhir' }),
    )
  })

  it('D8 leaves a ticket, its messages, tags and stretches as they were', async () => {
    const { id } = await desk.openTicket()
    const solved = { status: 'solved', solution: 'Selesai', reason: 'Sudah' } as const
    await leavesNothing(async () => await createSetStatus(parts)(call, id, solved))
    await leavesNothing(
      async () => await createEditTicket(parts)(call, id, { title: 'Baru', tags: ['baru'] }),
    )
  })
})
