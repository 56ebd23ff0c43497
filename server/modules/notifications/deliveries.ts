import type { Kysely } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import type { Clock } from '#platform/clock'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import type { Timers } from '#platform/timers/timer'
import { listDeliveries, lockDelivery, updateDelivery } from './delivery-queries.ts'
import { refuse } from './errors.ts'
import type { Delivery, DeliveryQuery } from './schemas.ts'
import { MAIL_TIMER } from './send-mail.ts'
import type { NotificationTables } from './table.ts'
import { toDelivery } from './views.ts'

type Parts = {
  readonly db: Kysely<NotificationTables>
  readonly clock: Clock
  readonly timers: Timers
}

export type Deliveries = ReturnType<typeof createDeliveries>

/** What was to be handed over to the outside, for those who look after the system. */
export function createDeliveries({ db, clock, timers }: Parts) {
  return {
    async listDeliveries(query: DeliveryQuery) {
      const page = await listDeliveries(db, { state: query.state, request: toPageRequest(query) })
      return presentPage(page, toDelivery)
    },

    /** Only for one that was given up: to start one again that is being sent could send it twice. */
    async retryDelivery(call: Call<Delivery>, id: string): Promise<Delivery> {
      return await transaction(db, call, async (trx) => {
        const row = await lockDelivery(trx, id)
        if (row === undefined) throw refuse('delivery_not_found')
        checkVersion(call, row)
        if (row.state !== 'failed') throw refuse('delivery_not_failed', { details: { state: row.state } })
        const change = { state: 'pending', failing_since_at: null, version: row.version + 1 }
        await updateDelivery(trx, id, change)
        await timers.schedule(trx, { kind: MAIL_TIMER, subject: id, dueAt: clock.now() })
        return toDelivery({ ...row, ...change })
      })
    },
  }
}
