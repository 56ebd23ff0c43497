import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { CannedReplies } from './canned-replies.ts'
import {
  CannedReply,
  CannedReplyBody,
  CannedReplyChange,
  CannedReplyPage,
  CannedReplyQuery,
} from './group-schemas.ts'

type Parts = { readonly cannedReplies: CannedReplies; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tickets/canned-replies'
const tags = ['tickets']
const desk = { permission: 'tickets:write_any' } as const

export function registerCannedReplyRoutes(app: HttpServer, { cannedReplies, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: desk,
      schema: {
        tags,
        summary: 'List the canned replies by their names',
        querystring: CannedReplyQuery,
        response: { 200: CannedReplyPage },
      },
    },
    async (request) => await cannedReplies.listCannedReplies(request.query),
  )
  app.post(
    BASE,
    {
      config: desk,
      schema: { tags, summary: 'Keep a reply', body: CannedReplyBody, response: { 201: CannedReply } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await cannedReplies.createCannedReply(call, request.body),
        present: (cannedReply: CannedReply) => created(BASE, cannedReply),
      }),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: desk,
      schema: { tags, summary: 'Read a canned reply', params: IdParams, response: { 200: CannedReply } },
    },
    async (request) => await cannedReplies.getCannedReply(request.params.id),
  )
  app.patch(
    `${BASE}/:id`,
    {
      config: desk,
      schema: {
        tags,
        summary: 'Change a canned reply',
        params: IdParams,
        body: CannedReplyChange,
        response: { 200: CannedReply },
      },
    },
    async (request) =>
      await cannedReplies.changeCannedReply(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/:id`,
    { config: desk, schema: { tags, summary: 'Remove a canned reply', params: IdParams } },
    async (request, reply) => {
      await cannedReplies.deleteCannedReply(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
