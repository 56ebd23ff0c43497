import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createCatalogue } from './catalogue.ts'
import type { CatalogueCache } from './catalogue-cache.ts'
import { registerCatalogueRoutes } from './catalogue-routes.ts'
import { createCategories } from './categories.ts'
import type { OrderParts } from './order-changes.ts'
import { registerOrders } from './order-register.ts'
import { registerStock } from './stock-register.ts'

type RegisterParts = OrderParts & {
  readonly cache: CatalogueCache
  readonly files: Files
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
  registerStock(app, { ...parts, answerOnce, businessZone })
  registerOrders(app, { ...parts, answerOnce, businessZone })
}
