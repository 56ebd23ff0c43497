import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { createBusinessDays } from '#platform/business-days'
import type { Call } from '#platform/call'
import { createOutbox } from '#platform/events/outbox'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import { createChangeStatus } from './change-status.ts'
import { createEditWorkOrder } from './edit-work-order.ts'
import type { WorkOrderParts } from './parts.ts'
import { startTestFloor, type TestFloor } from './test-floor.ts'
import { createWorkOrderUseCases } from './work-orders.ts'

const BODY = { product_name: 'Kursi', quantity: 1, deadline: '2030-01-15' }
const TABLES = ['work_orders', 'work_order_operators', 'work_order_changes', 'production_entries'] as const

onEach(engines, 'a work order whose last step fails', (backend) => {
  let floor: TestFloor
  let parts: WorkOrderParts
  let call: Call<unknown>
  before(async () => {
    floor = await startTestFloor(backend)
    const fail = async () => await Promise.reject(new Error('the last step'))
    parts = {
      db: floor.db,
      clock: floor.clock,
      ids: systemIds,
      outbox: createOutbox({ ids: systemIds, clock: floor.clock, traceparent: () => null }),
      // The timer of its deadline is what is written last.
      timers: { schedule: fail, cancel: fail },
      businessDays: createBusinessDays('Asia/Jakarta'),
    }
    const permissions = new Set(['workorders:create', 'workorders:write', 'workorders:work'])
    const { id: userId, email } = floor.manager
    const actor = { userId, email, role: 'production_manager', permissions, sessionId: null }
    call = { actor, language: 'en', address: '', expectedVersions: 'any' }
  })
  after(async () => await floor.stop())

  async function countRows(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const table of TABLES) {
      const rows = await floor.db
        .selectFrom(table)
        .select((eb) => eb.fn.countAll().as('n'))
        .execute()
      counts[table] = Number(rows[0]?.n)
    }
    const told = await floor.db
      .selectFrom('outbox')
      .select('id')
      .where('subject', 'like', 'work_order/%')
      .execute()
    return { ...counts, told: told.length }
  }

  it('W1 leaves nothing of a new one, and its number is the next one’s', async () => {
    const { number } = await floor.openOrder()
    const rows = await countRows()
    const { createWorkOrder } = createWorkOrderUseCases(parts)
    await assert.rejects(createWorkOrder(call, { ...BODY, operator_id: floor.operator.id }), /the last step/)
    assert.deepEqual(await countRows(), rows)
    const next = await floor.openOrder()
    assert.equal(Number(next.number.split('-')[2]), Number(number.split('-')[2]) + 1)
  })

  it('W4 leaves nothing of a move, nor of what was reported with it', async () => {
    const order = await floor.startWork()
    const rows = await countRows()
    const move = createChangeStatus(parts)(call, order.id, { status: 'completed', quantity: 2, scrap: 1 })
    await assert.rejects(move, /the last step/)
    assert.deepEqual([await countRows(), await floor.read(order.id)], [rows, order])
  })

  it('W2 leaves nothing of a change', async () => {
    const order = await floor.openOrder()
    const rows = await countRows()
    const change = { quantity: 77, operator_ids: [], deadline: '2030-02-01' }
    await assert.rejects(createEditWorkOrder(parts)(call, order.id, change), /the last step/)
    assert.deepEqual([await countRows(), await floor.read(order.id)], [rows, order])
  })
})
