import type { FastifyRequest } from 'fastify'
import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { ChangeStatus } from './change-status.ts'
import type { EditWorkOrder } from './edit-work-order.ts'
import type { History } from './history.ts'
import { HistoryQuery, HoldPage, StatusChangePage } from './history-schemas.ts'
import {
  AssignedQuery,
  StatusBody,
  WorkOrder,
  WorkOrderBody,
  WorkOrderChange,
  WorkOrderPage,
  WorkOrderQuery,
} from './schemas.ts'
import { withSpeltStatus } from './spelling.ts'
import type { WorkOrders } from './work-orders.ts'

type Parts = {
  readonly workOrders: WorkOrders
  readonly editWorkOrder: EditWorkOrder
  readonly changeStatus: ChangeStatus
  readonly history: History
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/workorders'
const tags = ['workorders']
const readers = { permission: 'workorders:read' } as const
const workers = { permission: 'workorders:work' } as const

export function registerWorkOrderRoutes(app: HttpServer, parts: Parts): void {
  const { workOrders, editWorkOrder, changeStatus, answerOnce } = parts
  app.post(
    BASE,
    {
      config: { permission: 'workorders:create' },
      schema: { tags, summary: 'Open a work order', body: WorkOrderBody, response: { 201: WorkOrder } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await workOrders.createWorkOrder(call, request.body),
        present: (order: WorkOrder) => created(BASE, order),
      }),
  )
  app.get(
    BASE,
    {
      config: readers,
      preValidation: understandQuery,
      schema: {
        tags,
        summary: 'List work orders',
        querystring: WorkOrderQuery,
        response: { 200: WorkOrderPage },
      },
    },
    async (request) => await workOrders.listWorkOrders(request.query),
  )
  app.get(
    `${BASE}/assigned`,
    {
      config: workers,
      preValidation: understandQuery,
      schema: {
        tags,
        summary: 'List the work orders that you work on',
        querystring: AssignedQuery,
        response: { 200: WorkOrderPage },
      },
    },
    async (request) => await workOrders.listAssigned(callOf(request), request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a work order', params: IdParams, response: { 200: WorkOrder } },
    },
    async (request) => await workOrders.getWorkOrder(request.params.id),
  )
  app.put(
    `${BASE}/:id`,
    {
      config: { permission: 'workorders:write' },
      preValidation: understandBody,
      schema: {
        tags,
        summary: 'Change any detail of a work order',
        params: IdParams,
        body: WorkOrderChange,
        response: { 200: WorkOrder },
      },
    },
    async (request) => await editWorkOrder(callOf(request), request.params.id, request.body),
  )
  app.put(
    `${BASE}/:id/status`,
    {
      config: workers,
      preValidation: understandBody,
      schema: {
        tags,
        summary: 'Move a work order on, with what was made since the last report',
        params: IdParams,
        body: StatusBody,
        response: { 200: WorkOrder },
      },
    },
    async (request) => await changeStatus(callOf(request), request.params.id, request.body),
  )
  registerHistoryRoutes(app, parts)
}

function registerHistoryRoutes(app: HttpServer, { history }: Pick<Parts, 'history'>): void {
  app.get(
    `${BASE}/:id/history`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List every change of status: what was reported, by whom and when',
        params: IdParams,
        querystring: HistoryQuery,
        response: { 200: StatusChangePage },
      },
    },
    async (request) => await history.listStatusChanges(request.params.id, request.query),
  )
  app.get(
    `${BASE}/:id/holds`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List what a work order waited for, and how long',
        params: IdParams,
        querystring: HistoryQuery,
        response: { 200: HoldPage },
      },
    },
    async (request) => await history.listHolds(request.params.id, request.query),
  )
}

/** People write statuses as they read them on their screens. */
async function understandBody(request: FastifyRequest): Promise<void> {
  request.body = withSpeltStatus(request.body)
}

async function understandQuery(request: FastifyRequest): Promise<void> {
  request.query = withSpeltStatus(request.query)
}
