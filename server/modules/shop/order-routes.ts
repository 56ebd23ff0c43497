import { Type } from 'typebox'
import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { INVOICE_POLICY } from './invoice-page.ts'
import type { PrintInvoice } from './invoices.ts'
import { CancelBody, Order, OrderBody, OrderPage, OrderQuery, OrderStatusBody } from './order-schemas.ts'
import type { Orders } from './orders.ts'
import type { PlaceOrder } from './place-order.ts'

type Parts = {
  readonly orders: Orders
  readonly placeOrder: PlaceOrder
  readonly printInvoice: PrintInvoice
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/transactions'
const tags = ['shop']

/** Orders are called transactions on the wire. */
export function registerOrderRoutes(
  app: HttpServer,
  { orders, placeOrder, printInvoice, answerOnce }: Parts,
): void {
  app.post(
    BASE,
    {
      config: { permission: 'transactions:create' },
      schema: { tags, summary: 'Place an order', body: OrderBody, response: { 201: Order } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await placeOrder(call, request.body),
        present: (order: Order) => created(BASE, order),
      }),
  )
  app.get(
    BASE,
    {
      config: { permission: 'transactions:read' },
      schema: {
        tags,
        summary: 'List orders: your own, or all for staff',
        querystring: OrderQuery,
        response: { 200: OrderPage },
      },
    },
    async (request) => await orders.listOrders(callOf(request), request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: { permission: 'transactions:read' },
      schema: { tags, summary: 'Read an order', params: IdParams, response: { 200: Order } },
    },
    async (request) => await orders.getOrder(callOf(request), request.params.id),
  )
  app.put(
    `${BASE}/:id/status`,
    {
      config: { permission: 'transactions:write_any' },
      schema: {
        tags,
        summary: 'Move an order on',
        params: IdParams,
        body: OrderStatusBody,
        response: { 200: Order },
      },
    },
    async (request) => await orders.setStatus(callOf(request), request.params.id, request.body.status),
  )
  app.post(
    `${BASE}/:id/cancel`,
    {
      config: { permission: 'transactions:create' },
      schema: {
        tags,
        summary: 'Cancel an order and give its stock back',
        params: IdParams,
        body: CancelBody,
        response: { 200: Order },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await orders.cancelOrder(call, request.params.id, request.body?.reason ?? null),
        present: (order: Order) => ({ status: 200, body: order }),
      }),
  )
  app.get(
    `${BASE}/:id/invoice`,
    {
      config: { permission: 'transactions:read' },
      schema: {
        tags,
        summary: 'An order as a page to print',
        params: IdParams,
        response: {
          200: { description: 'HTML', content: { 'text/html': { schema: Type.String() } } },
        },
      },
    },
    async (request, reply) => {
      const page = await printInvoice(callOf(request), request.params.id)
      return await reply
        .type('text/html; charset=utf-8')
        .header('content-security-policy', INVOICE_POLICY)
        .header('cache-control', 'private, no-store')
        .send(page)
    },
  )
}
