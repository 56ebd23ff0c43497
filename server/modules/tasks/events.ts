import type { NewEvent } from '#platform/events/outbox'
import type { Task } from './schemas.ts'

/** What happens to a task; each event carries the whole of it (T4). A tombstone is the last one. */
export type TaskHappening =
  | 'created'
  | 'updated'
  | 'completed'
  | 'expiring'
  | 'expired'
  | 'reminded'
  | 'deleted'

export function taskEvent(task: Task, happening: TaskHappening): NewEvent {
  return {
    type: `task.${happening}`,
    subject: `task/${task.id}`,
    recordVersion: task.version,
    data: { task_id: task.id, ...task },
  }
}

type Assigned = Pick<Task, 'assignee_id'>

/** Says in the event of a change whose task it was, where it was given to somebody else. */
export function withAssignment(
  event: NewEvent,
  { before, after }: { readonly before: Assigned; readonly after: Assigned },
): NewEvent {
  if (before.assignee_id === after.assignee_id) return event
  return { ...event, data: { ...event.data, previous_assignee_id: before.assignee_id } }
}
