import { acceptUploads, takeForm, UploadQuery, uploadBody } from '#platform/files/upload'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Comment, CommentBody, CommentPage, CommentQuery } from './comment-schemas.ts'
import type { Comments } from './comments.ts'

type Parts = { readonly comments: Comments; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tasks/:id'
const tags = ['tasks']
const present = (comment: Comment) => ({ status: 201, body: comment })

export function registerCommentRoutes(app: HttpServer, { comments, answerOnce }: Parts): void {
  app.get(
    `${BASE}/comments`,
    {
      config: { permission: 'tasks:read' },
      schema: {
        tags,
        summary: 'Read what was said about a task, the oldest first',
        params: IdParams,
        querystring: CommentQuery,
        response: { 200: CommentPage },
      },
    },
    async (request) => await comments.listComments(callOf(request), request.params.id, request.query),
  )
  app.post(
    `${BASE}/comments`,
    {
      config: { permission: 'tasks:write' },
      schema: {
        tags,
        summary: 'Say something about a task',
        params: IdParams,
        body: CommentBody,
        response: { 201: Comment },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await comments.postComment(call, request.params.id, request.body),
        present,
      }),
  )
  void app.register(async (scope: HttpServer) => {
    await acceptUploads(scope)
    scope.post(
      `${BASE}/attachments`,
      {
        config: { permission: 'tasks:write' },
        schema: {
          tags,
          summary: 'Keep a file with a task: an image, a PDF or a text, with `text` in its form',
          params: IdParams,
          querystring: UploadQuery,
          body: uploadBody,
          response: { 201: Comment },
        },
      },
      async (request, reply) => {
        const form = await takeForm(request)
        return await answerOnce({
          request,
          reply,
          work: async (call) => await comments.attachFile(call, request.params.id, form),
          present,
        })
      },
    )
  })
}
