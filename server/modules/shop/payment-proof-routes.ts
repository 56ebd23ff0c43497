import { acceptUploads, takeUpload, UploadQuery, uploadBody } from '#platform/files/upload'
import { callOf } from '#platform/http/callers'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { PaymentProofs } from './payment-proof.ts'
import { Payment } from './payment-schemas.ts'

export function registerPaymentProofRoutes(
  app: HttpServer,
  { paymentProofs }: { readonly paymentProofs: PaymentProofs },
): void {
  void app.register(async (scope: HttpServer) => {
    await acceptUploads(scope)
    scope.put(
      '/api/v1/payments/:id/proof',
      {
        config: { permission: 'transactions:create' },
        schema: {
          tags: ['shop'],
          summary: 'Show that a payment was made, by an image or a PDF',
          params: IdParams,
          querystring: UploadQuery,
          body: uploadBody,
          response: { 200: Payment },
        },
      },
      async (request) => {
        const upload = await takeUpload(request)
        return await paymentProofs.provePayment(callOf(request), request.params.id, upload)
      },
    )
  })
}
