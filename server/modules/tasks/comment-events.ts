import { Type } from 'typebox'
import { defineEventTypes } from '#platform/events/event-types'
import type { NewEvent } from '#platform/events/outbox'
import { Id, Nullable, Time } from '#platform/http/schemas'
import { type CommentRow, readFileIds } from './comment-queries.ts'
import type { TaskRow } from './queries.ts'

/** A comment is a record of its own, so that a word about a task is no change of it. */
export const commentEventTypes = defineEventTypes({
  types: ['task.commented'],
  data: Type.Object({
    comment_id: Id,
    task_id: Id,
    title: Type.String(),
    text: Type.String(),
    file_ids: Type.Array(Id),
    author_id: Id,
    author_name: Type.String(),
    owner_id: Id,
    assignee_id: Nullable(Id),
    created_at: Time,
  }),
  audience: (comment) => ({
    permission: 'tasks:read_any',
    userIds: comment.assignee_id === null ? [comment.owner_id] : [comment.owner_id, comment.assignee_id],
  }),
})

export function commentEvent(comment: CommentRow, task: TaskRow): NewEvent {
  return {
    type: 'task.commented',
    subject: `task_comment/${comment.id}`,
    recordVersion: 1,
    data: {
      comment_id: comment.id,
      task_id: task.id,
      title: task.title,
      text: comment.text,
      file_ids: readFileIds(comment),
      author_id: comment.author_id,
      author_name: comment.author_name,
      owner_id: task.owner_id,
      assignee_id: task.assignee_id,
      created_at: comment.created_at.toISOString(),
    },
  }
}
