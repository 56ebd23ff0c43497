import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { getLockedTask } from './access.ts'
import type { BulkBody, BulkChange, TaskList } from './bulk-schemas.ts'
import { applyChange } from './edit-task.ts'
import { lockAhead } from './lock-ahead.ts'
import { openTask } from './open-task.ts'
import type { TaskParts } from './parts.ts'
import type { Task } from './schemas.ts'

export type BulkTasks = ReturnType<typeof createBulkTasks>

/** Many tasks with one request: all of them or none. */
export function createBulkTasks(parts: TaskParts) {
  const { db } = parts
  return {
    async createTasks(call: Call<TaskList>, { tasks }: BulkBody): Promise<TaskList> {
      return await transaction(db, call, async (trx) => {
        const data: Task[] = []
        for (const body of tasks) data.push(await openTask(parts, trx, { call, body }))
        return { data }
      })
    },

    /** One after the other as they are named, so that what others wait for may be named before them. */
    async changeTasks(call: Call<TaskList>, { ids, change }: BulkChange): Promise<TaskList> {
      return await transaction(db, call, async (trx) => {
        const now = parts.clock.now()
        // Everybody locks tasks in the sequence of their ids.
        for (const id of ids.toSorted()) {
          await lockAhead(trx, { call, id, wanted: change, now })
          await getLockedTask(trx, call, id)
        }
        const data: Task[] = []
        for (const id of ids) {
          // The change of one of them may have changed this one as well.
          const row = await getLockedTask(trx, call, id)
          checkVersion(call, row)
          data.push(await applyChange(parts, trx, { call, row, wanted: change }))
        }
        return { data }
      })
    },
  }
}
