import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { Directory } from './directory.ts'
import { Person, PersonPage, PersonQuery } from './schemas.ts'

const BASE = '/api/v1/people'
const tags = ['people']
const readers = { permission: 'people:read' } as const

export function registerPeopleRoutes(app: HttpServer, directory: Directory): void {
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List people by name',
        querystring: PersonQuery,
        response: { 200: PersonPage },
      },
    },
    async (request) => await directory.listPeople(request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read who somebody is', params: IdParams, response: { 200: Person } },
    },
    async (request) => await directory.getPerson(request.params.id),
  )
}
