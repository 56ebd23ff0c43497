import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { BusinessCalendar } from './business-calendar.ts'
import { TicketParams } from './schemas.ts'
import type { SlaPolicies } from './sla-policies.ts'
import {
  Holiday,
  HolidayBody,
  HolidayList,
  HolidayParams,
  HolidayQuery,
  OpeningHours,
  OpeningHoursBody,
  SlaPolicy,
  SlaPolicyBody,
  SlaPolicyChange,
  SlaPolicyPage,
  SlaPolicyQuery,
  TicketSla,
} from './sla-schemas.ts'
import type { TicketSlas } from './ticket-sla.ts'

type Parts = {
  readonly policies: SlaPolicies
  readonly calendar: BusinessCalendar
  readonly slas: TicketSlas
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tickets/sla'
const tags = ['tickets']
const readers = { permission: 'tickets:read_any' } as const
const configurers = { permission: 'tickets:configure' } as const

export function registerSlaRoutes(app: HttpServer, parts: Parts): void {
  registerPolicies(app, parts)
  registerCalendar(app, parts)
  app.get(
    '/api/v1/tickets/:id/sla',
    {
      config: { permission: 'tickets:read' },
      schema: {
        tags,
        summary: 'Read how a ticket stands with its targets; for the desk with what counted and why',
        params: TicketParams,
        response: { 200: TicketSla },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'private, no-store')
      return await parts.slas.explainSla(callOf(request), request.params.id)
    },
  )
}

function registerPolicies(app: HttpServer, { policies, answerOnce }: Parts): void {
  const path = `${BASE}/policies`
  app.get(
    path,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the policies',
        querystring: SlaPolicyQuery,
        response: { 200: SlaPolicyPage },
      },
    },
    async (request) => await policies.listPolicies(request.query),
  )
  app.post(
    path,
    {
      config: configurers,
      schema: { tags, summary: 'Make a policy', body: SlaPolicyBody, response: { 201: SlaPolicy } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await policies.createPolicy(call, request.body),
        present: (policy: SlaPolicy) => created(path, policy),
      }),
  )
  app.get(
    `${path}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a policy', params: IdParams, response: { 200: SlaPolicy } },
    },
    async (request) => await policies.getPolicy(request.params.id),
  )
  app.put(
    `${path}/:id`,
    {
      config: configurers,
      schema: {
        tags,
        summary: 'Change a policy, for the tickets that are open as well',
        params: IdParams,
        body: SlaPolicyChange,
        response: { 200: SlaPolicy },
      },
    },
    async (request) => await policies.changePolicy(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${path}/:id`,
    { config: configurers, schema: { tags, summary: 'Delete a policy', params: IdParams } },
    async (request, reply) => {
      await policies.deletePolicy(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}

function registerCalendar(app: HttpServer, { calendar }: Parts): void {
  app.get(
    `${BASE}/hours`,
    {
      config: readers,
      schema: { tags, summary: 'Read the business hours', response: { 200: OpeningHours } },
    },
    async () => await calendar.readHours(),
  )
  app.put(
    `${BASE}/hours`,
    {
      config: configurers,
      schema: {
        tags,
        summary: 'Change the business hours, for the tickets that are open as well',
        body: OpeningHoursBody,
        response: { 200: OpeningHours },
      },
    },
    async (request) => await calendar.changeHours(callOf(request), request.body.hours),
  )
  app.get(
    `${BASE}/holidays`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the holidays of a year',
        querystring: HolidayQuery,
        response: { 200: HolidayList },
      },
    },
    async (request) => await calendar.listHolidays(request.query.year),
  )
  app.put(
    `${BASE}/holidays/:day`,
    {
      config: configurers,
      schema: {
        tags,
        summary: 'Make a day a holiday, or call it otherwise',
        params: HolidayParams,
        body: HolidayBody,
        response: { 200: Holiday },
      },
    },
    async (request) => await calendar.setHoliday(callOf(request), request.params.day, request.body),
  )
  app.delete(
    `${BASE}/holidays/:day`,
    { config: configurers, schema: { tags, summary: 'Make a holiday a working day', params: HolidayParams } },
    async (request, reply) => {
      await calendar.removeHoliday(callOf(request), request.params.day)
      return await reply.code(204).send()
    },
  )
}
