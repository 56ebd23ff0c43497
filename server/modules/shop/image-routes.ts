import { acceptUploads, takeUpload, UploadQuery, uploadBody } from '#platform/files/upload'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Image, ImageOrderBody, ImageParams } from './image-schemas.ts'
import type { Images } from './images.ts'
import { Product } from './schemas.ts'

type Parts = { readonly images: Images; readonly answerOnce: AnswerOnce }

const PATH = '/api/v1/products/:id/images'
const tags = ['shop']
const writers = { permission: 'products:write' } as const

export function registerImageRoutes(app: HttpServer, { images, answerOnce }: Parts): void {
  void app.register(async (scope: HttpServer) => {
    await acceptUploads(scope)
    scope.post(
      PATH,
      {
        config: writers,
        schema: {
          tags,
          summary: 'Add an image to a product, after those that it has',
          params: IdParams,
          querystring: UploadQuery,
          body: uploadBody,
          response: { 201: Image },
        },
      },
      async (request, reply) => {
        const upload = await takeUpload(request)
        return await answerOnce({
          request,
          reply,
          work: async (call) => await images.addImage(call, request.params.id, upload),
          present: (image: Image) => ({ status: 201, body: image, headers: { location: image.url } }),
        })
      },
    )
  })
  app.put(
    PATH,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Bring the images of a product in another order',
        params: IdParams,
        body: ImageOrderBody,
        response: { 200: Product },
      },
    },
    async (request) => await images.orderImages(callOf(request), request.params.id, request.body.image_ids),
  )
  app.delete(
    `${PATH}/:image_id`,
    {
      config: writers,
      schema: { tags, summary: 'Remove an image of a product', params: ImageParams },
    },
    async (request, reply) => {
      await images.removeImage(callOf(request), request.params.id, request.params.image_id)
      return await reply.code(204).send()
    },
  )
}
