import { identityEventTypes } from '#modules/identity'
import { notificationEventTypes } from '#modules/notifications'
import { shopEventTypes } from '#modules/shop'
import { taskEventTypes } from '#modules/tasks'
import { ticketEventTypes } from '#modules/tickets'
import { webhookEventTypes } from '#modules/webhooks'
import { workOrderEventTypes } from '#modules/workorders'
import { createEventCatalogue, type OwnPermissions } from '#platform/events/event-types'
import type { EventSignals } from '#platform/events/events'
import { type EventRouteParts, registerEventRoutes } from '#platform/events/events-routes'
import { createLiveLog } from '#platform/events/live-log'
import type { HttpServer } from '#platform/http/types'

/** What everybody needs to hear of their own records: the permission to read them at their own place. */
const OWN_PERMISSIONS: OwnPermissions = {
  'api_token.': 'tokens:read',
  'notification.': 'notifications:read',
  order_: 'transactions:read',
  'payment.': 'transactions:read',
  'session.': 'sessions:read',
  'task.': 'tasks:read',
  'ticket.': 'tickets:read',
  'user.': 'profile:read',
}

/** Every type of event, whichever modules this process runs: others on the same database may run the rest. */
export const eventCatalogue = createEventCatalogue(
  [
    ...identityEventTypes,
    ...notificationEventTypes,
    ...shopEventTypes,
    ...taskEventTypes,
    ...ticketEventTypes,
    ...webhookEventTypes,
    ...workOrderEventTypes,
  ],
  OWN_PERMISSIONS,
)

type EventServingParts = Omit<EventRouteParts, 'catalogue' | 'liveLog' | 'onWaiting'> & {
  readonly signals: EventSignals
}

/** Lets the log of events be read and followed over HTTP. */
export function serveEvents(http: HttpServer, { signals, ...parts }: EventServingParts): void {
  const catalogue = eventCatalogue
  const liveLog = createLiveLog({ ...parts, catalogue, subscribe: signals.advanced.subscribe })
  registerEventRoutes(http, { ...parts, catalogue, liveLog, onWaiting: signals.waiting.tell })
}
