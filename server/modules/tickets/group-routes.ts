import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Group, GroupBody, GroupChange, GroupPage, GroupQuery } from './group-schemas.ts'
import type { Groups } from './groups.ts'

type Parts = { readonly groups: Groups; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tickets/groups'
const tags = ['tickets']
const readers = { permission: 'tickets:read_any' } as const
const configurers = { permission: 'tickets:configure' } as const

export function registerGroupRoutes(app: HttpServer, { groups, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the groups of the desk by their names',
        querystring: GroupQuery,
        response: { 200: GroupPage },
      },
    },
    async (request) => await groups.listGroups(request.query),
  )
  app.post(
    BASE,
    {
      config: configurers,
      schema: { tags, summary: 'Add a group to the desk', body: GroupBody, response: { 201: Group } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await groups.createGroup(call, request.body),
        present: (group: Group) => created(BASE, group),
      }),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a group of the desk', params: IdParams, response: { 200: Group } },
    },
    async (request) => await groups.getGroup(request.params.id),
  )
  app.patch(
    `${BASE}/:id`,
    {
      config: configurers,
      schema: {
        tags,
        summary: 'Call a group otherwise, or change who is in it',
        params: IdParams,
        body: GroupChange,
        response: { 200: Group },
      },
    },
    async (request) => await groups.changeGroup(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/:id`,
    {
      config: configurers,
      schema: { tags, summary: 'Remove a group that no ticket belongs to', params: IdParams },
    },
    async (request, reply) => {
      await groups.deleteGroup(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
