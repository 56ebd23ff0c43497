import { callOf } from '#platform/http/callers'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import {
  Bill,
  BillBody,
  BillPage,
  BillParams,
  BillQuery,
  MaterialNeeds as MaterialNeedsSchema,
  MaterialTotalQuery,
  MaterialTotals,
} from './bill-schemas.ts'
import type { Bills } from './edit-bills.ts'
import type { MaterialNeeds } from './material-needs.ts'

type Parts = { readonly bills: Bills; readonly needs: MaterialNeeds }

const BASE = '/api/v1/workorders'
const tags = ['workorders']
const readers = { permission: 'workorders:read' } as const
const writers = { permission: 'workorders:write' } as const

export function registerBillRoutes(app: HttpServer, { bills, needs }: Parts): void {
  app.get(
    `${BASE}/bills`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List what products are made of',
        querystring: BillQuery,
        response: { 200: BillPage },
      },
    },
    async (request) => await bills.listBills(request.query),
  )
  app.get(
    `${BASE}/bills/:product_id`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'Read what a product is made of',
        params: BillParams,
        response: { 200: Bill },
      },
    },
    async (request) => await bills.getBill(request.params.product_id),
  )
  app.put(
    `${BASE}/bills/:product_id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Say what a product is made of',
        params: BillParams,
        body: BillBody,
        response: { 200: Bill },
      },
    },
    async (request) => await bills.putBill(callOf(request), request.params.product_id, request.body),
  )
  app.delete(
    `${BASE}/bills/:product_id`,
    { config: writers, schema: { tags, summary: 'Remove a bill of materials', params: BillParams } },
    async (request, reply) => {
      await bills.deleteBill(callOf(request), request.params.product_id)
      return await reply.code(204).send()
    },
  )
  app.get(
    `${BASE}/:id/materials`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'Read what a work order takes of its components, and whether enough is there',
        params: IdParams,
        response: { 200: MaterialNeedsSchema },
      },
    },
    async (request) => await needs.needsOfOrder(request.params.id),
  )
  app.get(
    `${BASE}/materials/shortages`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List what all open work orders take of their components, against what is there',
        querystring: MaterialTotalQuery,
        response: { 200: MaterialTotals },
      },
    },
    async (request) => await needs.listShortages(request.query),
  )
}
