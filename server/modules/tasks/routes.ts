import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { EditTask } from './edit-task.ts'
import type { ExtendTask } from './extend-task.ts'
import { ProgressSummary } from './progress-schemas.ts'
import type { SummariseProgress } from './progress-summary.ts'
import { ExtendBody, Task, TaskBody, TaskChange, TaskPage, TaskQuery } from './schemas.ts'
import type { Tasks } from './tasks.ts'

type Parts = {
  readonly tasks: Tasks
  readonly editTask: EditTask
  readonly extendTask: ExtendTask
  readonly summariseProgress: SummariseProgress
  readonly answerOnce: AnswerOnce
}

const BASE = '/api/v1/tasks'
const tags = ['tasks']
const readers = { permission: 'tasks:read' } as const
const writers = { permission: 'tasks:write' } as const

export function registerTaskRoutes(
  app: HttpServer,
  { tasks, editTask, extendTask, summariseProgress, answerOnce }: Parts,
): void {
  app.post(
    BASE,
    {
      config: writers,
      schema: { tags, summary: 'Open a task', body: TaskBody, response: { 201: Task } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await tasks.createTask(call, request.body),
        present: (task: Task) => created(BASE, task),
      }),
  )
  app.get(
    BASE,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List tasks: your own and those assigned to you',
        querystring: TaskQuery,
        response: { 200: TaskPage },
      },
    },
    async (request) => await tasks.listTasks(callOf(request), request.query),
  )
  app.get(
    `${BASE}/progress`,
    {
      config: readers,
      schema: {
        tags,
        summary: 'How far you have got: counts by status, what presses, and the last weeks',
        response: { 200: ProgressSummary },
      },
    },
    async (request) => await summariseProgress(callOf(request)),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: readers,
      schema: { tags, summary: 'Read a task', params: IdParams, response: { 200: Task } },
    },
    async (request) => await tasks.getTask(callOf(request), request.params.id),
  )
  app.patch(
    `${BASE}/:id`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Change what is named of a task, its status included',
        params: IdParams,
        body: TaskChange,
        response: { 200: Task },
      },
    },
    async (request) => await editTask(callOf(request), request.params.id, request.body),
  )
  app.post(
    `${BASE}/:id/extend`,
    {
      config: writers,
      schema: {
        tags,
        summary: 'Give a task more time, also one that has expired',
        params: IdParams,
        body: ExtendBody,
        response: { 200: Task },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await extendTask(call, request.params.id, request.body),
        present: (body: Task) => ({ status: 200, body }),
      }),
  )
  app.delete(
    `${BASE}/:id`,
    {
      config: writers,
      schema: { tags, summary: 'Delete a task', params: IdParams },
    },
    async (request, reply) => {
      await tasks.removeTask(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
}
