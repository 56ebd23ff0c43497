import { Type } from 'typebox'
import { defineEventTypes } from '#platform/events/event-types'
import { Id, Nullable } from '#platform/http/schemas'
import { commentEventTypes } from './comment-events.ts'
import { Task } from './schemas.ts'

/** The shape of what the tasks announce, and whom it concerns. */
export const taskEventTypes = [
  ...commentEventTypes,
  ...defineEventTypes({
    types: [
      'task.created',
      'task.updated',
      'task.completed',
      'task.expiring',
      'task.expired',
      'task.reminded',
      'task.deleted',
    ],
    data: Type.Object({
      ...Task.properties,
      task_id: Id,
      // Only where the task was given to somebody else.
      previous_assignee_id: Type.Optional(Nullable(Id)),
    }),
    audience: (task) => ({
      permission: 'tasks:read_any',
      userIds: task.assignee_id === null ? [task.owner_id] : [task.owner_id, task.assignee_id],
    }),
  }),
]
