import { acceptUploads, takeForm, UploadQuery, uploadBody } from '#platform/files/upload'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { Attachments } from './attachments.ts'
import { Message, MessageBody, MessagePage, MessageQuery } from './message-schemas.ts'
import type { Messages } from './messages.ts'
import { TicketParams } from './schemas.ts'

type Parts = {
  readonly messages: Messages
  readonly attachments: Attachments
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tickets/:id'
const tags = ['tickets']
const present = (message: Message) => ({ status: 201, body: message })

export function registerMessageRoutes(app: HttpServer, { messages, attachments, answerOnce }: Parts): void {
  app.get(
    `${BASE}/messages`,
    {
      config: { permission: 'tickets:read' },
      schema: {
        tags,
        summary: 'Read what was said at a ticket, the oldest first; notes are for the desk only',
        params: TicketParams,
        querystring: MessageQuery,
        response: { 200: MessagePage },
      },
    },
    async (request) => await messages.listMessages(callOf(request), request.params.id, request.query),
  )
  app.post(
    `${BASE}/messages`,
    {
      config: { permission: 'tickets:create' },
      schema: {
        tags,
        summary: 'Reply at a ticket, or note something for the desk',
        params: TicketParams,
        body: MessageBody,
        response: { 201: Message },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await messages.postMessage(call, request.params.id, request.body),
        present,
      }),
  )
  void app.register(async (scope: HttpServer) => {
    await acceptUploads(scope)
    scope.post(
      `${BASE}/attachments`,
      {
        config: { permission: 'tickets:create' },
        schema: {
          tags,
          summary:
            'Send a file with a message: an image, a PDF or a text, with `text` and `kind` in its form',
          params: TicketParams,
          querystring: UploadQuery,
          body: uploadBody,
          response: { 201: Message },
        },
      },
      async (request, reply) => {
        const form = await takeForm(request)
        return await answerOnce({
          request,
          reply,
          work: async (call) => await attachments.attachFile(call, request.params.id, form),
          present,
        })
      },
    )
  })
}
