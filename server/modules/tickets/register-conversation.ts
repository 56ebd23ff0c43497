import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createAttachments } from './attachments.ts'
import { registerBelongingRoutes } from './belonging-routes.ts'
import { createCannedReplies } from './canned-replies.ts'
import { registerCannedReplyRoutes } from './canned-reply-routes.ts'
import { registerGroupRoutes } from './group-routes.ts'
import { createGroups } from './groups.ts'
import { createLinks } from './links.ts'
import { createMergeTickets } from './merge.ts'
import { registerMessageRoutes } from './message-routes.ts'
import { createMessages } from './messages.ts'
import type { TicketParts } from './parts.ts'
import { createReworks } from './rework.ts'
import { createTimelines } from './timeline.ts'
import { registerTimelineRoutes } from './timeline-routes.ts'
import { createWatchers } from './watchers.ts'

type ConversationParts = TicketParts & { readonly files: Files; readonly answerOnce: AnswerOnce }

/** Adds what people say at a ticket, what became of it, and what belongs to it besides. */
export function registerConversation(app: HttpServer, parts: ConversationParts): void {
  const { answerOnce } = parts
  registerMessageRoutes(app, {
    messages: traceUseCases('tickets', createMessages(parts)),
    attachments: traceUseCases('tickets', createAttachments(parts)),
    answerOnce,
  })
  registerTimelineRoutes(app, { timelines: traceUseCases('tickets', createTimelines(parts)) })
  registerBelongingRoutes(app, {
    watchers: traceUseCases('tickets', createWatchers(parts)),
    links: traceUseCases('tickets', createLinks(parts)),
    reworks: traceUseCases('tickets', createReworks(parts)),
    ...traceUseCases('tickets', { mergeTickets: createMergeTickets(parts) }),
    answerOnce,
  })
  registerGroupRoutes(app, { groups: traceUseCases('tickets', createGroups(parts)), answerOnce })
  registerCannedReplyRoutes(app, {
    cannedReplies: traceUseCases('tickets', createCannedReplies(parts)),
    answerOnce,
  })
}
