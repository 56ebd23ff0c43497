import { knownWord } from '#platform/database/words'
import { pendingReasons, syncStates, type TicketStatus, ticketStatuses } from './lifecycle.ts'
import type { TicketRow } from './queries.ts'
import type { Ticket } from './schemas.ts'

/** What belongs to a ticket besides its row. */
export type Attributes = { readonly tags: readonly string[]; readonly watcherIds: readonly string[] }

export function statusOf({ number, status }: Pick<TicketRow, 'number' | 'status'>): TicketStatus {
  return knownWord(ticketStatuses, status, `the ticket ${number}`)
}

export function toTicket(row: TicketRow, { tags, watcherIds }: Attributes): Ticket {
  return {
    id: row.id,
    number: row.number,
    inv_gate_id: row.invgate_id,
    title: row.title,
    description: row.description,
    source_id: row.source_id,
    creator_id: row.creator_id,
    customer_id: row.customer_id,
    category_id: row.category_id,
    type_id: row.type_id,
    priority_id: row.priority_id,
    status: statusOf(row),
    pending_reason:
      row.pending_reason === null
        ? null
        : knownWord(pendingReasons, row.pending_reason, `the ticket ${row.number}`),
    pending_until: toText(row.pending_until_at),
    creator_email: row.creator_email,
    assignee_id: row.assignee_id,
    group_id: row.group_id,
    tags: [...tags],
    watcher_ids: [...watcherIds],
    solution: row.solution,
    merged_into_id: row.merged_into_id,
    rating: row.rating,
    rating_comment: row.rating_comment,
    first_responded_at: toText(row.responded_at),
    solved_at: toText(row.solved_at),
    closed_at: toText(row.closed_at),
    sync: {
      state: knownWord(syncStates, row.sync_state, `the ticket ${row.number}`),
      attempts: row.sync_attempts,
      last_error: row.sync_error,
    },
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

function toText(time: Date | null): string | null {
  return time?.toISOString() ?? null
}
