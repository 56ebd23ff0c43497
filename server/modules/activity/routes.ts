import { callOf } from '#platform/http/callers'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { type ActivityParts, createActivity } from './activity.ts'
import { ActivityPage, ActivityQuery } from './schemas.ts'

const tags = ['activity']

export function registerActivity(app: HttpServer, parts: ActivityParts): void {
  const activity = traceUseCases('activity', createActivity(parts))
  app.get(
    '/api/v1/activity',
    {
      config: { permission: 'activity:read' },
      schema: {
        tags,
        summary: 'The timeline of a record, or of everything: who did what, before and after',
        querystring: ActivityQuery,
        response: { 200: ActivityPage },
      },
    },
    async (request) => await activity.listActivity(callOf(request), request.query),
  )
  app.get(
    '/api/v1/audit',
    {
      config: { permission: 'users:write' },
      schema: {
        tags,
        summary: 'Sign-ins, changes of accounts and roles, and the use of tokens',
        querystring: ActivityQuery,
        response: { 200: ActivityPage },
      },
    },
    async (request) => await activity.listAudit(callOf(request), request.query),
  )
}
