import { type Kysely, sql } from 'kysely'
import type { PlatformTables } from '#platform/database/tables'
import type { InvgateSimulator } from '#simulators/invgate'
import type { DeskEvidence } from './desk.ts'

type Kept = Pick<DeskEvidence, 'tickets' | 'messages' | 'incidents' | 'accounts'>

type TicketColumns = {
  id: string
  number: string
  reference: string
  title: string
  invgate_id: string | null
  status: string
  pending_reason: string | null
  rating: number | null
  sync_state: string
}
type MessageColumns = { ticket_id: string; kind: string; text: string; invgate_key: string | null }

/** Looks at both sides with statements of its own. */
export async function gatherDesk(
  db: Kysely<PlatformTables>,
  { store }: Pick<InvgateSimulator, 'store'>,
): Promise<Kept> {
  const { rows: tickets } = await sql<TicketColumns>`
    select id, number, reference, title, invgate_id, status, pending_reason, rating, sync_state
    from tickets order by number`.execute(db)
  const { rows: messages } = await sql<MessageColumns>`
    select ticket_id, kind, text, invgate_key from ticket_messages order by created_at, id`.execute(db)
  return {
    tickets: tickets.map((row) => ({
      id: row.id,
      number: row.number,
      reference: row.reference,
      title: row.title,
      invgateId: row.invgate_id,
      status: row.status,
      pendingReason: row.pending_reason,
      rating: row.rating,
      syncState: row.sync_state,
    })),
    messages: messages.map((row) => ({
      ticketId: row.ticket_id,
      kind: row.kind,
      text: row.text,
      hasKey: row.invgate_key !== null,
    })),
    incidents: store.incidents().map((incident) => ({
      id: incident.id,
      title: incident.title,
      text: toPlain(incident.description),
      statusId: incident.status_id,
      rating: incident.rating,
      comments: store
        .comments(incident.id)
        .map(({ message, customer_visible: isPublic }) => ({ text: toPlain(message), isPublic })),
    })),
    accounts: store.users().map(({ email }) => email),
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' }

/** As a browser shows it, for the few tags that this journey meets. */
export function toPlain(html: string): string {
  return html
    .replaceAll(/<br\s*\/?>|<\/p>\s*<p>/g, '\n')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/&(lt|gt|quot|#39|amp);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .trim()
}
