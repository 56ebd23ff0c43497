import { createBusinessDays } from '#platform/business-days'
import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import type { ShopParts } from './catalogue.ts'
import { registerImageRoutes } from './image-routes.ts'
import { createImages } from './images.ts'
import { createSalesReports } from './sales-report.ts'
import { registerSalesRoutes } from './sales-routes.ts'
import { createStockMoves } from './stock-moves.ts'
import { registerStockRoutes } from './stock-routes.ts'

type Parts = ShopParts & {
  readonly files: Files
  readonly answerOnce: AnswerOnce
  readonly businessZone: string
}

/** The routes of what is in stock, what it looks like and what was sold of it. */
export function registerStock(app: HttpServer, { answerOnce, businessZone, ...parts }: Parts): void {
  const businessDays = createBusinessDays(businessZone)
  registerStockRoutes(app, {
    stockMoves: traceUseCases('shop', createStockMoves({ ...parts, businessDays })),
    answerOnce,
  })
  registerImageRoutes(app, { images: traceUseCases('shop', createImages(parts)), answerOnce })
  registerSalesRoutes(app, {
    salesReports: traceUseCases('shop', createSalesReports({ ...parts, businessDays, businessZone })),
  })
}
