import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { Entries } from './entries.ts'
import {
  EntryParams,
  LogEntryPage,
  LogEntryQuery,
  ProgressAnswer,
  ProgressBody,
  ProgressPage,
  ProgressQuery,
  ReversalAnswer,
  ReverseBody,
} from './log-schemas.ts'
import type { Progress } from './progress.ts'

type Parts = { readonly progress: Progress; readonly entries: Entries; readonly answerOnce: AnswerOnce }

const PROGRESS = '/api/v1/workorders/:id/progress'
const ENTRIES = '/api/v1/workorders/:id/entries'
const tags = ['workorders']
const readers = { permission: 'workorders:read' } as const
const workers = { permission: 'workorders:work' } as const

export function registerProductionRoutes(app: HttpServer, { progress, entries, answerOnce }: Parts): void {
  app.post(
    PROGRESS,
    {
      config: workers,
      schema: {
        tags,
        summary: 'Report progress, with what was made, if anything',
        params: IdParams,
        body: ProgressBody,
        response: { 201: ProgressAnswer },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await progress.reportProgress(call, request.params.id, request.body),
        present: (body: ProgressAnswer) => ({ status: 201, body }),
      }),
  )
  app.get(
    PROGRESS,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the reports of progress, the newest first',
        params: IdParams,
        querystring: ProgressQuery,
        response: { 200: ProgressPage },
      },
    },
    async (request) => await progress.listProgress(request.params.id, request.query),
  )
  app.get(
    ENTRIES,
    {
      config: readers,
      schema: {
        tags,
        summary: 'List the production log: everything that was made, and what was taken back',
        params: IdParams,
        querystring: LogEntryQuery,
        response: { 200: LogEntryPage },
      },
    },
    async (request) => await entries.listEntries(request.params.id, request.query),
  )
  app.post(
    `${ENTRIES}/:entry_id/reverse`,
    {
      config: workers,
      schema: {
        tags,
        summary: 'Take an entry of the production log back, once, by its opposite',
        params: EntryParams,
        body: ReverseBody,
        response: { 201: ReversalAnswer },
      },
    },
    async (request, reply) => {
      const { id: workOrderId, entry_id: entryId } = request.params
      const note = request.body?.note ?? null
      return await answerOnce({
        request,
        reply,
        work: async (call) => await entries.reverseEntry(call, { workOrderId, entryId }, note),
        present: (body: ReversalAnswer) => ({ status: 201, body }),
      })
    },
  )
}
