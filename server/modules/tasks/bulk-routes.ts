import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import type { BulkTasks } from './bulk.ts'
import { BulkBody, BulkChange, TaskList } from './bulk-schemas.ts'

type Parts = { readonly bulk: BulkTasks; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tasks/bulk'
const tags = ['tasks']
const writers = { permission: 'tasks:write' } as const

export function registerBulkRoutes(app: HttpServer, { bulk, answerOnce }: Parts): void {
  app.post(
    BASE,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Open many tasks: all of them or none',
        body: BulkBody,
        response: { 201: TaskList },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await bulk.createTasks(call, request.body),
        present: (list: TaskList) => ({ status: 201, body: list }),
      }),
  )
  app.patch(
    BASE,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Change many tasks in the same way: all of them or none',
        body: BulkChange,
        response: { 200: TaskList },
      },
    },
    async (request) => await bulk.changeTasks(callOf(request), request.body),
  )
}
