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
