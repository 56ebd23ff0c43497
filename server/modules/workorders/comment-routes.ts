import { acceptUploads, takeUpload, uploadBody } from '#platform/files/upload'
import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Comment, CommentBody, CommentPage, CommentQuery, PhotoQuery } from './comment-schemas.ts'
import type { Comments } from './comments.ts'

type Parts = { readonly comments: Comments; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/workorders/:id'
const tags = ['workorders']
const workers = { permission: 'workorders:work' } as const

export function registerCommentRoutes(app: HttpServer, { comments, answerOnce }: Parts): void {
  app.post(
    `${BASE}/comments`,
    {
      config: workers,
      schema: {
        tags,
        summary: 'Say something about a work order',
        params: IdParams,
        body: CommentBody,
        response: { 201: Comment },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) =>
          await comments.comment(call, { workOrderId: request.params.id, text: request.body.text }),
        present: (body: Comment) => ({ status: 201, body }),
      }),
  )
  app.get(
    `${BASE}/comments`,
    {
      config: { permission: 'workorders:read' },
      schema: {
        tags,
        summary: 'List the comments and photos of a work order, the newest first',
        params: IdParams,
        querystring: CommentQuery,
        response: { 200: CommentPage },
      },
    },
    async (request) => await comments.listComments(request.params.id, request.query),
  )
  void app.register(async (scope: HttpServer) => {
    await acceptUploads(scope)
    scope.post(
      `${BASE}/photos`,
      {
        config: workers,
        schema: {
          tags,
          summary: 'Show a photo of a work order, as a comment',
          params: IdParams,
          querystring: PhotoQuery,
          body: uploadBody,
          response: { 201: Comment },
        },
      },
      async (request, reply) => {
        const upload = await takeUpload(request)
        const added = { workOrderId: request.params.id, text: request.query.text ?? null }
        return await answerOnce({
          request,
          reply,
          work: async (call) => await comments.addPhoto(call, added, upload),
          present: (body: Comment) => ({ status: 201, body }),
        })
      },
    )
  })
}
