import { callOf } from '#platform/http/callers'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createMyWork } from './my-work.ts'
import { WorkItemPage, WorkQuery } from './schemas.ts'

export function registerMyWork(app: HttpServer, parts: Parameters<typeof createMyWork>[0]): void {
  const { listMyWork } = traceUseCases('my-work', createMyWork(parts))
  app.get(
    '/api/v1/my-work',
    {
      config: { permission: 'tasks:read' },
      schema: {
        tags: ['my work'],
        summary: 'List what you have to see to, whatever is due first before the rest',
        querystring: WorkQuery,
        response: { 200: WorkItemPage },
      },
    },
    async (request) => await listMyWork(callOf(request), request.query),
  )
}
