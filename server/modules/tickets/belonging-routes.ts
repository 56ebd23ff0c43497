import { Type } from 'typebox'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import { Strict } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Link, LinkBody, LinkPage, LinkParams, LinkQuery, WatcherParams } from './link-schemas.ts'
import type { Links } from './links.ts'
import type { MergeTickets } from './merge.ts'
import type { Reworks } from './rework.ts'
import { Rework, ReworkBody } from './rework-schemas.ts'
import { Ticket, TicketParams } from './schemas.ts'
import type { Watchers } from './watchers.ts'

type Parts = {
  readonly watchers: Watchers
  readonly links: Links
  readonly mergeTickets: MergeTickets
  readonly reworks: Reworks
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tickets/:id'
const tags = ['tickets']
const readers = { permission: 'tickets:read' } as const
const customers = { permission: 'tickets:create' } as const
const desk = { permission: 'tickets:write_any' } as const
const params = TicketParams
const present = (ticket: Ticket) => ({ status: 200, body: ticket })
const MergeBody = Strict({
  into: Type.String({
    ...TicketParams.properties.id,
    description: 'The ticket that goes on, by any of its ids',
  }),
})

/** What belongs to a ticket besides its words. */
export function registerBelongingRoutes(app: HttpServer, parts: Parts): void {
  registerWatcherRoutes(app, parts)
  registerLinkRoutes(app, parts)
  registerMergeRoutes(app, parts)
  registerReworkRoutes(app, parts)
}

function registerWatcherRoutes(app: HttpServer, { watchers }: Parts): void {
  const path = `${BASE}/watchers/:user_id`
  app.put(
    path,
    {
      config: readers,
      schema: {
        tags,
        summary: 'Have somebody watch a ticket, or watch it yourself',
        params: WatcherParams,
        response: { 200: Ticket },
      },
    },
    async (request) => {
      const { id, user_id: userId } = request.params
      return await watchers.addWatcher(callOf(request), id, userId)
    },
  )
  app.delete(
    path,
    {
      config: readers,
      schema: { tags, summary: 'Have somebody no longer watch a ticket', params: WatcherParams },
    },
    async (request, reply) => {
      const { id, user_id: userId } = request.params
      await watchers.removeWatcher(callOf(request), id, userId)
      return await reply.code(204).send()
    },
  )
}

function registerLinkRoutes(app: HttpServer, { links, answerOnce }: Parts): void {
  const path = `${BASE}/links`
  app.get(
    path,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List what a ticket is about, the oldest link first',
        params,
        querystring: LinkQuery,
        response: { 200: LinkPage },
      },
    },
    async (request) => await links.listLinks(callOf(request), request.params.id, request.query),
  )
  app.post(
    path,
    {
      config: customers,
      schema: {
        tags,
        summary: 'Say which order, product, work order or ticket a ticket is about',
        params,
        body: LinkBody,
        response: { 201: Link },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await links.addLink(call, request.params.id, request.body),
        present: (link: Link) => ({ status: 201, body: link }),
      }),
  )
  app.delete(
    `${path}/:link_id`,
    {
      config: customers,
      schema: { tags, summary: 'Say that a ticket is not about something', params: LinkParams },
    },
    async (request, reply) => {
      const { id, link_id: linkId } = request.params
      await links.removeLink(callOf(request), id, linkId)
      return await reply.code(204).send()
    },
  )
}

function registerMergeRoutes(app: HttpServer, { mergeTickets, answerOnce }: Parts): void {
  app.post(
    `${BASE}/merge`,
    {
      config: desk,
      schema: {
        tags,
        summary: 'Have a ticket go on in another one',
        params,
        body: MergeBody,
        response: { 200: Ticket },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await mergeTickets(call, request.params.id, request.body.into),
        present,
      }),
  )
}

function registerReworkRoutes(app: HttpServer, { reworks, answerOnce }: Parts): void {
  const path = `${BASE}/rework`
  app.get(
    path,
    {
      config: desk,
      schema: {
        tags,
        summary: 'Read what is made again for a ticket, and the solution that it proposes',
        params,
        response: { 200: Rework },
      },
    },
    async (request) => await reworks.readRework(callOf(request), request.params.id),
  )
  app.post(
    path,
    {
      config: desk,
      schema: {
        tags,
        summary: 'Ask for something to be made again',
        params,
        body: ReworkBody,
        response: { 200: Ticket },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await reworks.requestRework(call, request.params.id, request.body),
        present,
      }),
  )
}
