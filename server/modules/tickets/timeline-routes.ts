import { callOf } from '#platform/http/callers'
import type { HttpServer } from '#platform/http/types'
import { TicketParams } from './schemas.ts'
import type { Timelines } from './timeline.ts'
import { TimelinePage, TimelineQuery } from './timeline-schemas.ts'

export function registerTimelineRoutes(
  app: HttpServer,
  { timelines }: { readonly timelines: Timelines },
): void {
  app.get(
    '/api/v1/tickets/:id/timeline',
    {
      config: { permission: 'tickets:read' },
      schema: {
        tags: ['tickets'],
        summary:
          'Read what became of a ticket, and what was said at it; notes and targets are for the desk only',
        params: TicketParams,
        querystring: TimelineQuery,
        response: { 200: TimelinePage },
      },
    },
    async (request) => await timelines.readTimeline(callOf(request), request.params.id, request.query),
  )
}
