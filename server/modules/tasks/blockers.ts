import type { Transaction } from 'kysely'
import type { Call } from '#platform/call'
import { invalidField } from '#platform/errors'
import { viewerOf } from './access.ts'
import { listBlockers, listOpenBlockers, lockOrderOfTasks, lockVisibleTasks } from './blocker-queries.ts'
import { refuse } from './errors.ts'
import type { TaskTables } from './table.ts'

type Choice = {
  readonly call: Call
  /** Null for a new task, for which nobody can wait yet. */
  readonly taskId: string | null
  readonly before: readonly string[]
  readonly wanted: readonly string[]
}

/**
 * What a task is to wait for, in the order of the ids. Those that are added must be there for the caller to see. Whoever
 * adds one to a task has all others wait who do so, for a circle may be closed by any number of them at once.
 */
export async function chooseBlockers(
  trx: Transaction<TaskTables>,
  { call, taskId, before, wanted }: Choice,
): Promise<string[]> {
  const added = wanted.filter((id) => !before.includes(id))
  if (added.length > 0) {
    if (taskId !== null) await lockOrderOfTasks(trx)
    const visible = await lockVisibleTasks(trx, { ids: added, viewer: viewerOf(call) })
    const missing = wanted.findIndex((id) => added.includes(id) && !visible.includes(id))
    if (missing !== -1) throw unknownTask(missing)
    if (taskId !== null) await refuseCircle(trx, taskId, added)
  }
  return wanted.toSorted()
}

async function refuseCircle(
  trx: Transaction<TaskTables>,
  taskId: string,
  added: readonly string[],
): Promise<void> {
  const seen = new Set<string>()
  let next: readonly string[] = added
  while (next.length > 0) {
    if (next.includes(taskId)) throw refuse('blocked_in_a_circle')
    for (const id of next) seen.add(id)
    next = (await listBlockers(trx, next)).filter((id) => !seen.has(id))
  }
}

/** Refuses to be done with a task that waits for others; the caller is told which, as far as they may see them. */
export async function refuseBlocked(trx: Transaction<TaskTables>, call: Call, taskId: string): Promise<void> {
  const open = await listOpenBlockers(trx, taskId)
  if (open.length === 0) return
  const viewer = viewerOf(call)
  const visible = open.filter(
    (task) => viewer === null || task.owner_id === viewer || task.assignee_id === viewer,
  )
  throw refuse('task_blocked', {
    details: { blocked_by_ids: visible.map(({ id }) => id), open_blockers: open.length },
  })
}

function unknownTask(index: number) {
  return invalidField({
    pointer: `/blocked_by_ids/${index}`,
    code: 'unknown_task',
    text: { en: 'is not a task of yours', id: 'bukan tugas Anda' },
  })
}
