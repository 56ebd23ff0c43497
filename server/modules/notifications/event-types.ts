import { Type } from 'typebox'
import { defineEventTypes } from '#platform/events/event-types'
import { Id } from '#platform/http/schemas'
import { Notification } from './schemas.ts'

/** The shape of what the module announces: to the one who is notified, and nobody else. */
export const notificationEventTypes = defineEventTypes({
  types: ['notification.created', 'notification.read'],
  data: Type.Object({ ...Notification.properties, user_id: Id, unread: Type.Integer() }),
  audience: ({ user_id: addressee }) => ({ userIds: [addressee] }),
})
