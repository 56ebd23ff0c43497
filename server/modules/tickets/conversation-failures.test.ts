import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import { type Call, systemCall } from '#platform/call'
import type { Outbox } from '#platform/events/outbox'
import { createFiles } from '#platform/files/files'
import type { FileStore } from '#platform/files/store'
import { Upload } from '#platform/files/upload'
import { systemIds } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import { engines, onEach } from '#tests/backends'
import { samples } from '#tests/file-samples'
import { createAttachments } from './attachments.ts'
import { createCannedReplies } from './canned-replies.ts'
import { createGroups } from './groups.ts'
import { createLinks } from './links.ts'
import { createMergeTickets } from './merge.ts'
import { createMessages } from './messages.ts'
import type { TicketParts } from './parts.ts'
import { createReworks } from './rework.ts'
import { createReworkConsumer } from './rework-consumer.ts'
import { NOBODY, startTestDesk, type TestDesk } from './test-desk.ts'
import { createWatchers } from './watchers.ts'

const TABLES = [
  'tickets',
  'ticket_messages',
  'ticket_spans',
  'ticket_watchers',
  'ticket_links',
  'ticket_clocks',
  'ticket_groups',
  'ticket_group_members',
  'canned_replies',
] as const

onEach(engines, 'a conversation whose last step fails', (backend) => {
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
        permissions: new Set(['tickets:read', 'tickets:read_any', 'tickets:write_any']),
        sessionId: null,
      },
      companion: {
        hold: async () => {},
        refuse: async () => {},
        recall: async () => {},
        begin: async () => {},
        // What comes last is the answer that is kept.
        finish: async () => {
          throw halt
        },
      },
    }
    parts = {
      db: desk.db,
      clock: desk.clock,
      ids: systemIds,
      businessDays: createBusinessDays('Asia/Jakarta'),
      outbox,
      timers,
    }
  })
  after(async () => await desk.stop())

  const halt = new Error('the last step')
  const outbox: Outbox = { append: async () => {} }
  const timers: Timers = { schedule: async () => {}, cancel: async () => {} }

  async function rows(): Promise<readonly string[]> {
    return await Promise.all(
      TABLES.map(async (table) =>
        JSON.stringify(
          (await desk.db.selectFrom(table).selectAll().execute())
            .map((row) => JSON.stringify(row))
            .toSorted(),
        ),
      ),
    )
  }
  async function leavesNothing(work: () => Promise<unknown>): Promise<void> {
    const known = await rows()
    await assert.rejects(work, halt)
    assert.deepEqual(await rows(), known)
  }

  it('D8 leaves no message, and the ticket as it was', async () => {
    const { id } = await desk.openTicket()
    await leavesNothing(async () => await createMessages(parts).postMessage(call, id, { text: 'Halo' }))
    await leavesNothing(
      async () => await createReworks(parts).requestRework(call, id, { quantity: 1, product_name: 'Gayo' }),
    )
  })

  it('D8 leaves no message with a file, and the file to be removed', async () => {
    const { id } = await desk.openTicket()
    const kept = new Map<string, Buffer>()
    const store: FileStore = {
      put: async (fileId, content) => void kept.set(fileId, content),
      get: async (fileId) => kept.get(fileId),
      remove: async (fileId) => void kept.delete(fileId),
      close: async () => {},
    }
    const files = createFiles({ ...parts, store })
    const upload = new Upload({ name: 'bocor.png', content: samples['image/png'] })
    const form = { upload, fields: { text: 'Lihat' } }
    await leavesNothing(async () => await createAttachments({ ...parts, files }).attachFile(call, id, form))
    const [fileId = ''] = kept.keys()
    const row = await desk.db
      .selectFrom('files')
      .selectAll()
      .where('id', '=', fileId)
      .executeTakeFirstOrThrow()
    assert.equal(row.kept_at, null)
    assert.notEqual(row.dropped_at, null)
  })

  it('D8 leaves two tickets, their watchers and links as they were', async () => {
    const [first, second] = [await desk.openTicket(), await desk.openTicket()]
    const { companion: _last, ...going } = call
    await createWatchers(parts).addWatcher(going, first.id, desk.stranger.id)
    await createLinks(parts).addLink(going, first.id, { kind: 'order', record_id: NOBODY })
    await leavesNothing(async () => await createMergeTickets(parts)(call, first.id, second.id))
    await leavesNothing(async () => await createWatchers(parts).addWatcher(call, second.id, desk.agent.id))
    await leavesNothing(
      async () => await createWatchers(parts).removeWatcher(call, first.id, desk.stranger.id),
    )
    const link = { kind: 'product', record_id: NOBODY } as const
    await leavesNothing(async () => await createLinks(parts).addLink(call, first.id, link))
  })

  it('D8 leaves no group and no canned reply', async () => {
    const body = { name: 'Gagal', member_ids: [desk.agent.id] }
    await leavesNothing(async () => await createGroups(parts).createGroup(call, body))
    await leavesNothing(
      async () => await createCannedReplies(parts).createCannedReply(call, { name: 'Salam', text: 'Halo' }),
    )
  })

  it('D8 leaves no link of a work order when its proposal fails', async () => {
    const { id } = await desk.openTicket()
    let told = 0
    const failing: Outbox = {
      append: async () => {
        told += 1
        if (told === 2) throw halt
      },
    }
    const consumer = createReworkConsumer({ ...parts, outbox: failing })
    const workOrder = systemIds.next()
    await leavesNothing(
      async () =>
        await desk.db.transaction().execute(async (trx) => {
          await consumer.handle(
            {
              specversion: '1.0',
              id: systemIds.next(),
              source: '/karya/another',
              type: 'work_order.status_changed',
              subject: `work_order/${workOrder}`,
              time: desk.clock.now().toISOString(),
              datacontenttype: 'application/json',
              dataschema: 'urn:karya:event-schema:work_order.status_changed',
              data: {
                id: workOrder,
                number: 'WO-20261121-009',
                origin: 'rework',
                status: 'completed',
                product_name: 'Gayo',
                quantity: 1,
                ticket_id: id,
              },
              position: 1,
              recordversion: 3,
            },
            trx,
          )
        }),
    )
    assert.equal(told, 2)
  })
})
