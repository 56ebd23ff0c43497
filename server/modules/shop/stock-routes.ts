import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { StockMoves } from './stock-moves.ts'
import { StockEntry, StockEntryPage, StockEntryQuery, StockMoveBody } from './stock-schemas.ts'

const PATH = '/api/v1/products/:id/stock'
const tags = ['shop']

export function registerStockRoutes(
  app: HttpServer,
  { stockMoves, answerOnce }: { readonly stockMoves: StockMoves; readonly answerOnce: AnswerOnce },
): void {
  app.post(
    PATH,
    {
      config: { permission: 'stock:write' },
      schema: {
        tags,
        summary: 'Receive, adjust or scrap stock',
        params: IdParams,
        body: StockMoveBody,
        response: { 201: StockEntry },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await stockMoves.moveByHand(call, request.params.id, request.body),
        present: (entry: StockEntry) => ({ status: 201, body: entry }),
      }),
  )
  app.get(
    PATH,
    {
      config: { permission: 'stock:read' },
      schema: {
        tags,
        summary: 'List what has moved the stock of a product, latest first',
        params: IdParams,
        querystring: StockEntryQuery,
        response: { 200: StockEntryPage },
      },
    },
    async (request) => await stockMoves.listEntries(request.params.id, request.query),
  )
}
