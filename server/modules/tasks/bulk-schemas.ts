import { type Static, Type } from 'typebox'
import { Id, Strict } from '#platform/http/schemas'
import { Task, TaskBody, TaskChange } from './schemas.ts'

const MOST = 100

export const TaskList = Type.Object({ data: Type.Array(Task) })
export const BulkBody = Strict({ tasks: Type.Array(TaskBody, { minItems: 1, maxItems: MOST }) })
export const BulkChange = Strict({
  ids: Type.Array(Id, { minItems: 1, maxItems: MOST, uniqueItems: true }),
  change: TaskChange,
})

export type TaskList = Static<typeof TaskList>
export type BulkBody = Static<typeof BulkBody>
export type BulkChange = Static<typeof BulkChange>
