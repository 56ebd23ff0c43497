import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { timeActions } from './time-rules.ts'
import { CurrentWork, MyTime, OrderTime, WorkSessionPage, WorkSessionQuery } from './time-schemas.ts'
import type { WorkTime } from './work-time.ts'

type Parts = { readonly workTime: WorkTime; readonly answerOnce: AnswerOnce }

const OF_ORDER = '/api/v1/workorders/:id/time'
const tags = ['workorders']
const readers = { permission: 'workorders:read' } as const
const workers = { permission: 'workorders:work' } as const

const SUMMARIES = {
  start: 'Start your time at a work order',
  pause: 'Pause your time at a work order',
  resume: 'Resume your time at a work order, after a pause or a hold',
  finish: 'Finish your time at a work order',
} as const

export function registerTimeRoutes(app: HttpServer, { workTime, answerOnce }: Parts): void {
  for (const action of timeActions) {
    app.post(
      `${OF_ORDER}/${action}`,
      {
        config: workers,
        schema: { tags, summary: SUMMARIES[action], params: IdParams, response: { 200: MyTime } },
      },
      async (request, reply) =>
        await answerOnce({
          request,
          reply,
          work: async (call) => await workTime.turnClock(call, { workOrderId: request.params.id, action }),
          present: (body: MyTime) => ({ status: 200, body }),
        }),
    )
  }
  app.get(
    OF_ORDER,
    {
      config: readers,
      schema: {
        tags,
        summary: 'Read how much time was spent at a work order, and by whom',
        params: IdParams,
        response: { 200: OrderTime },
      },
    },
    async (request) => await workTime.getOrderTime(request.params.id),
  )
  app.get(
    `${OF_ORDER}/sessions`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the stretches of time that were spent at a work order, the newest first',
        params: IdParams,
        querystring: WorkSessionQuery,
        response: { 200: WorkSessionPage },
      },
    },
    async (request) => await workTime.listSessions(request.params.id, request.query),
  )
  app.get(
    '/api/v1/workorders/time/current',
    {
      config: workers,
      schema: { tags, summary: 'List what your time is running at', response: { 200: CurrentWork } },
    },
    async (request) => await workTime.listCurrentWork(callOf(request)),
  )
}
