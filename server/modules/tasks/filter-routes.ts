import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import {
  SavedFilter,
  SavedFilterBody,
  SavedFilterChange,
  SavedFilterPage,
  SavedFilterQuery,
} from './filter-schemas.ts'
import type { SavedFilters } from './saved-filters.ts'

type Parts = { readonly filters: SavedFilters; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tasks/filters'
const tags = ['tasks']
const readers = { permission: 'tasks:read' } as const
const writers = { permission: 'tasks:write' } as const

export function registerFilterRoutes(app: HttpServer, { filters, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List your saved filters by their names',
        querystring: SavedFilterQuery,
        response: { 200: SavedFilterPage },
      },
    },
    async (request) => await filters.listFilters(callOf(request), request.query),
  )
  app.post(
    BASE,
    {
      config: writers,
      schema: { tags, summary: 'Save a filter', body: SavedFilterBody, response: { 201: SavedFilter } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await filters.createFilter(call, request.body),
        present: (filter: SavedFilter) => created(BASE, filter),
      }),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a saved filter', params: IdParams, response: { 200: SavedFilter } },
    },
    async (request) => await filters.getFilter(callOf(request), request.params.id),
  )
  app.patch(
    `${BASE}/:id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Change a saved filter',
        params: IdParams,
        body: SavedFilterChange,
        response: { 200: SavedFilter },
      },
    },
    async (request) => await filters.changeFilter(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/:id`,
    { config: writers, schema: { tags, summary: 'Remove a saved filter', params: IdParams } },
    async (request, reply) => {
      await filters.deleteFilter(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
