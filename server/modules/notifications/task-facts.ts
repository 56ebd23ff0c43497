import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { EventEnvelope } from '#platform/events/envelope'

/** What the module listens to of tasks: as their events tell of them, as far as it matters here. */
export const taskEventTypes = [
  'task.created',
  'task.updated',
  'task.expiring',
  'task.expired',
  'task.reminded',
] as const

const Id = Type.Union([Type.String(), Type.Null()])
const TaskFacts = Type.Object({
  task_id: Type.String(),
  title: Type.String(),
  owner_id: Type.String(),
  assignee_id: Id,
  /** There only when it was given to somebody else, or taken back. */
  previous_assignee_id: Type.Optional(Id),
  expires_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  due_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
})
export type TaskFacts = Static<typeof TaskFacts>

const taskFacts = Compile(TaskFacts)

/** Throws on an event that does not tell of a task, so that it is parked for somebody to look at. */
export function readTaskEvent({ id, type, data }: EventEnvelope): TaskFacts {
  if (!taskFacts.Check(data)) throw new TypeError(`the event ${id} of type ${type} does not tell of a task`)
  return data
}
