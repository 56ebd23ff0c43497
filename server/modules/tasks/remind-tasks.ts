import { systemCall } from '#platform/call'
import type { RowTimerKind } from '#platform/timers/timer'
import { REMINDER, timeOfDeadline, timeOfReminder } from './deadlines.ts'
import { createTaskTimer } from './due-tasks.ts'
import { taskEvent } from './events.ts'
import type { TaskParts } from './parts.ts'
import { listAttributes, type TaskRow, updateTask } from './queries.ts'
import { remindersOf, toTask } from './views.ts'

/** Reminds of tasks. Several reminders of one task that have become due by then are one. */
export function createReminder(parts: TaskParts): RowTimerKind {
  return createTaskTimer(parts, {
    kind: REMINDER,
    async work(trx, due) {
      const now = due.parts.clock.now()
      const reminded = due.rows.map((row) => markSent(row, now))
      for (const { id, reminders, version, updated_at } of reminded)
        await updateTask(trx, id, { reminders, version, updated_at })
      const attributesOf = await listAttributes(
        trx,
        reminded.map(({ id }) => id),
      )
      const events = reminded.map((row) => taskEvent(toTask(row, attributesOf(row.id)), 'reminded'))
      await due.parts.outbox.append(trx, systemCall, ...events)
      return reminded.map((row) => ({ subject: row.id, again: timeOfDeadline(REMINDER, row) }))
    },
  })
}

function markSent(row: TaskRow, now: Date): TaskRow {
  const reminders = remindersOf(row).map((reminder) => {
    const time = timeOfReminder(row, reminder)
    return time !== null && time <= now ? { ...reminder, sent: true } : reminder
  })
  return { ...row, reminders: JSON.stringify(reminders), version: row.version + 1, updated_at: now }
}
