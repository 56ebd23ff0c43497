import type { TicketEvent, TicketFacts } from './ticket-events.ts'
import type { TicketNoticeName } from './ticket-notices.ts'

/** One person to be told one thing of a ticket. */
export type TicketNews = {
  readonly userId: string
  readonly what: TicketNoticeName
  /** As what they hear of it: only customers get letters, and an assignee hears only while they work at the desk. */
  readonly as: 'customer' | 'watcher' | 'assignee'
}

type Told = { readonly event: TicketEvent; readonly actorId: string | null }

/**
 * Who is to be told what. The customer and the watchers hear of replies and of the state, the assignee of these, of
 * being the assignee and of the clocks; nobody hears twice of one event, and nobody of what they did themselves.
 */
export function newsOf({ event, actorId }: Told): TicketNews[] {
  const found = new Map<string, TicketNews>()
  for (const news of all(event))
    if (news.userId !== actorId && !found.has(news.userId)) found.set(news.userId, news)
  return [...found.values()]
}

function all(event: TicketEvent): TicketNews[] {
  switch (event.type) {
    case 'ticket.sla_warned':
    case 'ticket.sla_breached': {
      const { assignee_id: userId, clock } = event.ticket
      const kind = clock === 'first_response' ? 'response' : 'resolution'
      const what = `${kind}_${event.type === 'ticket.sla_warned' ? 'warned' : 'breached'}` as const
      return userId === null ? [] : [{ userId, what, as: 'assignee' }]
    }
    case 'ticket.replied': {
      // A solution is told with the state that it brings about.
      if (event.ticket.kind !== 'reply') return []
      return concerned(event.ticket, 'replied').filter(({ userId }) => userId !== event.ticket.author_id)
    }
    case 'ticket.created':
      return concerned(event.ticket, 'created')
    case 'ticket.merged':
      return concerned(event.ticket, 'merged')
    case 'ticket.updated':
      return assigned(event.ticket)
    case 'ticket.status_changed': {
      const what = stateNews(event.ticket)
      return [...assigned(event.ticket), ...(what === null ? [] : concerned(event.ticket, what))]
    }
  }
}

type Concerned = Pick<TicketFacts, 'customer_id' | 'watcher_ids' | 'assignee_id'>

function concerned(
  { customer_id: customerId, watcher_ids: watcherIds, assignee_id: assigneeId }: Concerned,
  what: TicketNoticeName,
): TicketNews[] {
  return [
    { userId: customerId, what: what === 'waiting' ? 'waiting_for_you' : what, as: 'customer' },
    ...(assigneeId === null ? [] : [{ userId: assigneeId, what, as: 'assignee' } as const]),
    ...watcherIds.map((userId) => ({ userId, what, as: 'watcher' }) as const),
  ]
}

function assigned(ticket: TicketFacts): TicketNews[] {
  const { assignee_id: userId, previous_assignee_id: previous } = ticket
  return previous === undefined || userId === null ? [] : [{ userId, what: 'assigned', as: 'assignee' }]
}

function stateNews(ticket: TicketFacts): TicketNoticeName | null {
  const { status, previous_status: previous } = ticket
  switch (status) {
    case 'open':
      if (previous === 'solved') return 'reopened'
      if (previous === 'pending') return 'goes_on'
      // The reply that has begun it is told by itself.
      return ticket.first_responded_at === ticket.updated_at ? null : 'opened'
    case 'pending':
      return ticket.pending_reason === 'customer' ? 'waiting' : 'on_hold'
    case 'solved':
    case 'closed':
    case 'cancelled':
      return status
    default:
      return null
  }
}
