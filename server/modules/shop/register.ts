import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createCatalogue, type ShopParts } from './catalogue.ts'
import type { CatalogueCache } from './catalogue-cache.ts'
import { registerCatalogueRoutes } from './catalogue-routes.ts'
import { createCategories } from './categories.ts'
import { registerOrderRoutes } from './order-routes.ts'
import { createOrders } from './orders.ts'
import { createPlaceOrder } from './place-order.ts'

type RegisterParts = ShopParts & {
  readonly cache: CatalogueCache
  readonly answerOnce: AnswerOnce
  readonly businessZone: string
}

/** Puts the module together and adds its routes. */
export function registerShop(app: HttpServer, { answerOnce, businessZone, ...parts }: RegisterParts): void {
  registerCatalogueRoutes(app, {
    catalogue: traceUseCases('shop', createCatalogue(parts)),
    categories: traceUseCases('shop', createCategories(parts)),
    answerOnce,
  })
  registerOrderRoutes(app, {
    orders: traceUseCases('shop', createOrders(parts)),
    ...traceUseCases('shop', { placeOrder: createPlaceOrder({ ...parts, businessZone }) }),
    answerOnce,
  })
}
