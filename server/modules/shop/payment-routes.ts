import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import {
  OrderPaymentQuery,
  Payment,
  PaymentBody,
  PaymentPage,
  PaymentQuery,
  RejectBody,
} from './payment-schemas.ts'
import type { Payments } from './payments.ts'

const OF_ORDER = '/api/v1/transactions/:id/payments'
const BASE = '/api/v1/payments'
const tags = ['shop']

export function registerPaymentRoutes(
  app: HttpServer,
  { payments, answerOnce }: { payments: Payments; answerOnce: AnswerOnce },
): void {
  app.post(
    OF_ORDER,
    {
      config: { permission: 'transactions:create' },
      schema: {
        tags,
        summary: 'Record a payment of an order, for staff to confirm',
        params: IdParams,
        body: PaymentBody,
        response: { 201: Payment },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await payments.recordPayment(call, request.params.id, request.body),
        present: (payment: Payment) => created(BASE, payment),
      }),
  )
  app.get(
    OF_ORDER,
    {
      config: { permission: 'transactions:read' },
      schema: {
        tags,
        summary: 'List the payments of an order',
        params: IdParams,
        querystring: OrderPaymentQuery,
        response: { 200: PaymentPage },
      },
    },
    async (request) => await payments.listPaymentsOf(callOf(request), request.params.id, request.query),
  )
  app.get(
    BASE,
    {
      config: { permission: 'transactions:confirm' },
      schema: {
        tags,
        summary: 'List payments, oldest first',
        querystring: PaymentQuery,
        response: { 200: PaymentPage },
      },
    },
    async (request) => await payments.listPayments(request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: { permission: 'transactions:read' },
      schema: { tags, summary: 'Read a payment', params: IdParams, response: { 200: Payment } },
    },
    async (request) => await payments.getPayment(callOf(request), request.params.id),
  )
  app.post(
    `${BASE}/:id/confirm`,
    {
      config: { permission: 'transactions:confirm' },
      schema: {
        tags,
        summary: 'Confirm a payment; an order whose payments cover its total is paid',
        params: IdParams,
        response: { 200: Payment },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await payments.confirmPayment(call, request.params.id),
        present: (payment: Payment) => ({ status: 200, body: payment }),
      }),
  )
  app.post(
    `${BASE}/:id/reject`,
    {
      config: { permission: 'transactions:confirm' },
      schema: {
        tags,
        summary: 'Reject a payment',
        params: IdParams,
        body: RejectBody,
        response: { 200: Payment },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) =>
          await payments.rejectPayment(call, request.params.id, request.body?.reason ?? null),
        present: (payment: Payment) => ({ status: 200, body: payment }),
      }),
  )
}
