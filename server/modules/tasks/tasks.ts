import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getLockedTask, getTaskRow, requireOwner, requireTask, viewerOf } from './access.ts'
import { listWaiting, lockTasks } from './blocker-queries.ts'
import { rankOf } from './lifecycle.ts'
import { listTasks, type TaskFilter } from './list-queries.ts'
import { openTask } from './open-task.ts'
import type { TaskParts } from './parts.ts'
import { listAttributes } from './queries.ts'
import { findFilter } from './saved-filters.ts'
import type { Task, TaskBody, TaskQuery } from './schemas.ts'
import { deleteTask } from './task-changes.ts'
import { releaseWaiting } from './task-endings.ts'
import { toTask } from './views.ts'

export type Tasks = ReturnType<typeof createTaskUseCases>

/** Opening tasks, finding them, and throwing them away: everybody their own and those assigned to them (T1). */
export function createTaskUseCases(parts: TaskParts) {
  const { db, clock } = parts
  return {
    async createTask(call: Call<Task>, body: TaskBody): Promise<Task> {
      return await transaction(db, call, async (trx) => await openTask(parts, trx, { call, body }))
    },

    async listTasks(call: Call, asked: TaskQuery) {
      const { filter_id: filterId } = asked
      const saved = filterId === undefined ? {} : (await findFilter(db, call, filterId)).query
      const query: TaskQuery = { ...saved, ...asked }
      const page = await listTasks(db, {
        viewer: viewerOf(call),
        filter: filterOf(call, query, clock.now()),
        sort: query.sort ?? '-created_at',
        request: toPageRequest(query),
      })
      const attributesOf = await listAttributes(
        db,
        page.rows.map(({ id }) => id),
      )
      return presentPage(page, (row) => toTask(row, attributesOf(row.id)))
    },

    async getTask(call: Call, id: string): Promise<Task> {
      const row = await getTaskRow(db, call, id)
      return toTask(row, (await listAttributes(db, [id]))(id))
    },

    async removeTask(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        await requireTask(trx, call, id)
        const waiting = await listWaiting(trx, [id])
        if (waiting.length > 0) await lockTasks(trx, [id, ...waiting])
        const row = await getLockedTask(trx, call, id)
        checkVersion(call, row)
        requireOwner(call, row)
        await deleteTask(parts, trx, { call, row })
        await releaseWaiting(parts, trx, { call, taskIds: [id] })
      })
    },
  }
}

function filterOf(call: Call, query: TaskQuery, now: Date): TaskFilter {
  const { assignee, owner } = query
  const me = actorOf(call).userId
  return {
    status: query.status,
    label: query.label,
    ownerId: someone(owner, me),
    assigneeId: assignee === 'none' ? null : someone(assignee, me),
    priority: query.priority === undefined ? undefined : rankOf(query.priority),
    dueBefore: momentOf(query.due_before),
    dueAfter: momentOf(query.due_after),
    expiresBefore: momentOf(query.expires_before),
    overdue: query.overdue === undefined ? undefined : { is: query.overdue, now },
    isArchived: query.archived ?? false,
    seriesId: query.series_id,
    recordId: query.record_id,
    q: query.q,
  }
}

function someone(name: string | undefined, me: string): string | undefined {
  return name === 'me' ? me : name
}

function momentOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text)
}
