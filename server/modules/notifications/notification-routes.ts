import { callOf } from '#platform/http/callers'
import type { AnswerOnce } from '#platform/http/idempotency'
import { IdParams } from '#platform/http/schemas'
import type { HttpServer } from '#platform/http/types'
import type { OwnNotifications } from './own-notifications.ts'
import { AllRead, Notification, NotificationPage, NotificationQuery, UnreadCount } from './schemas.ts'

type Parts = { readonly notifications: OwnNotifications; readonly answerOnce: AnswerOnce }

const BASE = '/api/v1/notifications'
const tags = ['notifications']

export function registerNotificationRoutes(app: HttpServer, { notifications, answerOnce }: Parts): void {
  app.get(
    BASE,
    {
      config: { permission: 'notifications:read' },
      schema: {
        tags,
        summary: 'List your notifications, newest first',
        querystring: NotificationQuery,
        response: { 200: NotificationPage },
      },
    },
    async (request) => await notifications.listNotifications(callOf(request), request.query),
  )
  app.get(
    `${BASE}/unread`,
    {
      config: { permission: 'notifications:read' },
      schema: { tags, summary: 'Count what you have not read', response: { 200: UnreadCount } },
    },
    async (request) => await notifications.getUnreadCount(callOf(request)),
  )
  app.put(
    `${BASE}/:id/read`,
    {
      config: { permission: 'notifications:write' },
      schema: {
        tags,
        summary: 'Mark a notification as read',
        params: IdParams,
        response: { 200: Notification },
      },
    },
    async (request) => await notifications.readNotification(callOf(request), request.params.id),
  )
  app.post(
    `${BASE}/read-all`,
    {
      config: { permission: 'notifications:write' },
      schema: { tags, summary: 'Mark all your notifications as read', response: { 200: AllRead } },
    },
    async (request, reply) =>
      await answerOnce({
        request,
        reply,
        work: async (call) => await notifications.readAll(call),
        present: (body: AllRead) => ({ status: 200, body }),
      }),
  )
}
