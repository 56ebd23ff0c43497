import type { Static } from 'typebox'
import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getLockedTicket } from './access.ts'
import {
  countDeliveries,
  findLastDelivered,
  listTroubledDeliveries,
  renewFailedDeliveries,
} from './deliver-queries.ts'
import { DELIVERY } from './deliver-queue.ts'
import { refuse } from './errors.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import { readCatalogues } from './invgate-catalogues.ts'
import type { TicketCatalogues, TicketSync } from './invgate-schemas.ts'
import type { TicketParts } from './parts.ts'
import { countWatched, findLastPoll } from './poll-queries.ts'
import type { Ticket } from './schemas.ts'
import { attributesOf, changeTicket } from './ticket-changes.ts'
import { toTicket } from './views.ts'

export type InvgateSync = ReturnType<typeof createInvgateSync>

const MOST_TROUBLES = 20

/** How the bridge is doing, and what the desk may do about it. `bridge` is null without InvGate. */
export function createInvgateSync(parts: TicketParts, bridge: InvgateBridge | null) {
  const { db, clock, timers } = parts
  return {
    async readCatalogues(): Promise<Static<typeof TicketCatalogues>> {
      return await readCatalogues(bridge)
    },

    async readSync(): Promise<Static<typeof TicketSync>> {
      const { oldestAt, ...counts } = await countDeliveries(db)
      const troubles = await listTroubledDeliveries(db, MOST_TROUBLES)
      const standing = bridge?.watch.standing()
      const lastContactAt = later(standing?.lastContactAt ?? null, await findLastDelivered(db))
      return {
        enabled: bridge !== null,
        mode: bridge?.mode ?? null,
        backlog: { ...counts, oldest_at: toText(oldestAt) },
        watched: bridge === null ? 0 : await countWatched({ db, now: clock.now() }),
        last_poll_at: toText(await findLastPoll(db)),
        last_contact_at: toText(lastContactAt),
        last_failure_at: toText(standing?.lastFailureAt ?? null),
        last_failure: standing?.lastFailure ?? null,
        breaker: standing?.breaker ?? 'closed',
        troubles: troubles.map((row) => ({ ...row, updated_at: row.updated_at.toISOString() })),
      }
    },

    /** Has everything that a ticket has to tell InvGate tried at once, also what InvGate has refused before. */
    async retrySync(call: Call<Ticket>, reference: string): Promise<Ticket> {
      return await transaction(db, call, async (trx) => {
        const row = await getLockedTicket(trx, call, reference)
        checkVersion(call, row)
        if (row.sync_state === 'local') throw refuse('ticket_is_local')
        const now = clock.now()
        await renewFailedDeliveries(trx, { ticketId: row.id, now })
        const ticket =
          row.sync_state === 'failed'
            ? await changeTicket(parts, trx, {
                call,
                row,
                change: { sync_state: 'pending' },
                happening: { what: 'updated' },
              })
            : toTicket(row, await attributesOf(trx, row.id))
        await timers.schedule(trx, { kind: DELIVERY, subject: row.id, dueAt: now })
        return ticket
      })
    },
  }
}

function later(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other
  return one > other ? one : other
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
