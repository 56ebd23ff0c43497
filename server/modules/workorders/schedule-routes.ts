import { callOf } from '#platform/http/callers'
import { type AnswerOnce, created } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import { Schedule, ScheduleBody, ScheduleChange, SchedulePage, ScheduleQuery } from './schedule-schemas.ts'
import type { Schedules } from './schedules.ts'

type Parts = { readonly schedules: Schedules; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/workorders/schedules'
const tags = ['workorders']
const managers = { permission: 'workorders:write' } as const

export function registerScheduleRoutes(app: HttpServer, { schedules, answerOnce }: Parts): void {
  app.post(
    BASE,
    {
      config: managers,
      schema: {
        tags,
        summary: 'Have a work order raised again and again',
        description:
          'At the beginning of each business day of the rule; after a standstill only for the latest.',
        body: ScheduleBody,
        response: { 201: Schedule },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await schedules.createSchedule(call, request.body),
        present: (schedule: Schedule) => created(BASE, schedule),
      }),
  )
  app.get(
    BASE,
    {
      config: managers,
      schema: {
        tags,
        summary: 'List the schedules, newest first',
        querystring: ScheduleQuery,
        response: { 200: SchedulePage },
      },
    },
    async (request) => await schedules.listSchedules(request.query),
  )
  app.get(
    `${BASE}/:id`,
    {
      config: managers,
      schema: { tags, summary: 'Read a schedule', params: IdParams, response: { 200: Schedule } },
    },
    async (request) => await schedules.getSchedule(request.params.id),
  )
  app.put(
    `${BASE}/:id`,
    {
      config: managers,
      schema: {
        tags,
        summary: 'Change a schedule; the orders that it has raised stay as they are',
        params: IdParams,
        body: ScheduleChange,
        response: { 200: Schedule },
      },
    },
    async (request) => await schedules.editSchedule(callOf(request), request.params.id, request.body),
  )
  app.delete(
    `${BASE}/:id`,
    {
      config: managers,
      schema: { tags, summary: 'Remove a schedule; its orders stay', params: IdParams },
    },
    async (request, reply) => {
      await schedules.deleteSchedule(callOf(request), request.params.id)
      return await reply.code(204).send()
    },
  )
  registerPauseRoutes(app, { schedules, answerOnce })
}

function registerPauseRoutes(app: HttpServer, { schedules, answerOnce }: Parts): void {
  const present = (body: Schedule) => ({ status: 200, body })
  app.post(
    `${BASE}/:id/pause`,
    {
      config: managers,
      schema: {
        tags,
        summary: 'Raise no more orders for a while',
        params: IdParams,
        response: { 200: Schedule },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await schedules.pauseSchedule(call, request.params.id),
        present,
      }),
  )
  app.post(
    `${BASE}/:id/resume`,
    {
      config: managers,
      schema: {
        tags,
        summary: 'Raise orders again, from today on',
        params: IdParams,
        response: { 200: Schedule },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await schedules.resumeSchedule(call, request.params.id),
        present,
      }),
  )
}
