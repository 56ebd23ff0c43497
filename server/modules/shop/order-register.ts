import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createInvoices } from './invoices.ts'
import type { OrderParts } from './order-changes.ts'
import { registerOrderRoutes } from './order-routes.ts'
import { createOrders } from './orders.ts'
import { createPaymentProofs } from './payment-proof.ts'
import { registerPaymentProofRoutes } from './payment-proof-routes.ts'
import { registerPaymentRoutes } from './payment-routes.ts'
import { createPayments } from './payments.ts'
import { createPlaceOrder } from './place-order.ts'
import { createSettings } from './settings.ts'
import { registerSettingsRoutes } from './settings-routes.ts'
import { createWhy } from './why.ts'
import { registerWhyRoutes } from './why-routes.ts'

/** The routes of orders, their money and the settings that decide on it. */
export function registerOrders(
  app: HttpServer,
  {
    answerOnce,
    businessZone,
    files,
    ...parts
  }: OrderParts & {
    files: Files
    answerOnce: AnswerOnce
    businessZone: string
  },
): void {
  registerOrderRoutes(app, {
    orders: traceUseCases('shop', createOrders(parts)),
    ...traceUseCases('shop', { placeOrder: createPlaceOrder({ ...parts, businessZone }) }),
    ...traceUseCases('shop', { printInvoice: createInvoices({ db: parts.db, businessZone }) }),
    answerOnce,
  })
  registerWhyRoutes(app, traceUseCases('shop', { explainWait: createWhy(parts) }))
  registerPaymentRoutes(app, { payments: traceUseCases('shop', createPayments(parts)), answerOnce })
  const paymentProofs = traceUseCases('shop', createPaymentProofs({ ...parts, files }))
  registerPaymentProofRoutes(app, { paymentProofs })
  registerSettingsRoutes(app, { settings: traceUseCases('shop', createSettings(parts)) })
}
