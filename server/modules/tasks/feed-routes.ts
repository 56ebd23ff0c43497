import { Type } from 'typebox'
import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { FEED_TTL_SECONDS } from './feed-calendar.ts'
import { Feed, FeedParams, NewFeed } from './feed-schemas.ts'
import type { Feeds } from './feeds.ts'

type Parts = { readonly feeds: Feeds; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/tasks/feed'
const CALENDARS = '/api/v1/calendars'
const tags = ['tasks']

export function registerFeedRoutes(app: HttpServer, { feeds, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: { permission: 'tasks:read' },
      schema: { tags, summary: 'Whether there is a calendar of your tasks', response: { 200: Feed } },
    },
    async (request) => await feeds.getFeed(callOf(request)),
  )
  app.post(
    BASE,
    {
      config: { permission: 'tasks:write' },
      schema: {
        tags,
        summary: 'Have a calendar of your tasks under a secret address, in place of the one before',
        response: { 201: NewFeed },
      },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await feeds.openFeed(call),
        present: ({ secret, created_at: createdAt }: Feed & { readonly secret: string }) => ({
          status: 201,
          body: {
            url: `${request.protocol}://${request.host}${CALENDARS}/${secret}.ics`,
            created_at: createdAt,
          },
        }),
      }),
  )
  app.delete(
    BASE,
    {
      config: { permission: 'tasks:write' },
      schema: { tags, summary: 'Have the calendar of your tasks no longer' },
    },
    async (request, reply) => {
      await feeds.closeFeed(callOf(request))
      return await reply.code(204).send()
    },
  )
  app.get(
    `${CALENDARS}/:secret.ics`,
    {
      config: { public: true },
      schema: {
        tags,
        summary: 'The tasks of somebody as a calendar, for whoever knows its address',
        params: FeedParams,
        response: {
          200: { description: 'iCalendar', content: { 'text/calendar': { schema: Type.String() } } },
        },
      },
    },
    async (request, reply) => {
      const calendar = await feeds.readFeed(request.params.secret)
      return await reply
        .type('text/calendar; charset=utf-8')
        .header('cache-control', `private, max-age=${FEED_TTL_SECONDS}`)
        .header('content-disposition', 'inline; filename="karya.ics"')
        .header('referrer-policy', 'no-referrer')
        .send(calendar)
    },
  )
}
