import type { Clock } from '#platform/clock'
import type { EventConsumer } from '#platform/events/consumer'
import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { Log } from '#platform/telemetry/log'
import { traceUseCases } from '#platform/telemetry/traces'
import type { TimerKind } from '#platform/timers/timer'
import { type CreateTicket, createCreateTicket } from './create-ticket.ts'
import { createDeferredOpening, createSyncedCreateTicket } from './deliver-create.ts'
import { createDeliveryTimer } from './deliver-timer.ts'
import { createDeliveryWork } from './deliver-work.ts'
import { createInvgateBridge, type InvgateBridge, type InvgateOptions } from './invgate-bridge.ts'
import { keepInLanes } from './invgate-lanes.ts'
import { createInvgateLink, createInvgatePeople } from './invgate-people.ts'
import { registerInvgateRoutes } from './invgate-routes.ts'
import { createInvgateSync } from './invgate-sync.ts'
import { createInvgateUsers, type InvgateUsers } from './invgate-users.ts'
import type { TicketParts } from './parts.ts'
import { createPollTimer } from './poll-timer.ts'

/** What tickets have to do with InvGate in this process. */
export type Invgate = {
  readonly bridge: InvgateBridge
  readonly users: InvgateUsers
  readonly log: Log
}

type OpenParts = {
  /** Null for tickets that are wholly ours. */
  readonly options: InvgateOptions | null
  readonly clock: Clock
  readonly log: Log
  readonly files: Pick<Files, 'find' | 'readUpload'>
}

export function openInvgate(parts: TicketParts, { options, ...rest }: OpenParts): Invgate | null {
  if (options === null) return null
  const bridge = createInvgateBridge({ options, ...rest })
  return { bridge, users: createInvgateUsers({ ...parts, bridge }), log: rest.log }
}

/** How tickets are taken: by ourselves, or with InvGate at once or afterwards (D4). */
export function chooseCreateTicket(parts: TicketParts, invgate: Invgate | null): CreateTicket {
  if (invgate === null) return createCreateTicket(parts)
  return invgate.bridge.mode === 'sync'
    ? createSyncedCreateTicket(parts, invgate)
    : createCreateTicket(parts, createDeferredOpening(parts))
}

export function createInvgateWorkers(
  parts: TicketParts,
  invgate: Invgate | null,
): { readonly consumers: readonly EventConsumer[]; readonly timerKinds: readonly TimerKind[] } {
  if (invgate === null) return { consumers: [], timerKinds: [] }
  const work = createDeliveryWork({ ...invgate, db: parts.db })
  const hasUsers = invgate.bridge.desk.abilities.has('users')
  return {
    consumers: hasUsers ? [createInvgatePeople(parts)] : [],
    timerKinds: [
      createPollTimer({ ...parts, bridge: invgate.bridge, log: invgate.log }),
      ...keepInLanes(
        { ...parts, chance: Math.random },
        createDeliveryTimer(parts, work),
        ...(hasUsers ? [createInvgateLink({ ...parts, users: invgate.users })] : []),
      ),
    ],
  }
}

type RouteParts = TicketParts & { readonly invgate: Invgate | null; readonly answerOnce: AnswerOnce }

export function registerInvgate(app: HttpServer, { invgate, answerOnce, ...parts }: RouteParts): void {
  const invgateSync = traceUseCases('tickets', createInvgateSync(parts, invgate?.bridge ?? null))
  registerInvgateRoutes(app, { invgateSync, answerOnce })
}
