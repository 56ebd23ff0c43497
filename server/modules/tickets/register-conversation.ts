import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createAttachments } from './attachments.ts'
import { registerMessageRoutes } from './message-routes.ts'
import { createMessages } from './messages.ts'
import type { TicketParts } from './parts.ts'

type ConversationParts = TicketParts & { readonly files: Files; readonly answerOnce: AnswerOnce }

/** Adds what people say at a ticket, and what belongs to it besides. */
export function registerConversation(app: HttpServer, parts: ConversationParts): void {
  const { answerOnce } = parts
  registerMessageRoutes(app, {
    messages: traceUseCases('tickets', createMessages(parts)),
    attachments: traceUseCases('tickets', createAttachments(parts)),
    answerOnce,
  })
}
