import { findPerson, type PeopleTables } from '#modules/people'
import type { Clock } from '#platform/clock'
import type { EventConsumer } from '#platform/events/consumer'
import type { EventEnvelope } from '#platform/events/envelope'
import type { Language } from '#platform/language'
import type { Notify } from './notify.ts'
import { isOldNews } from './old-news.ts'
import type { NotificationTables } from './table.ts'
import { readTaskEvent, type TaskFacts, taskEventTypes } from './task-facts.ts'
import { type TaskNoticeKind, taskNoticeKinds, writeTaskNotice } from './task-notices.ts'

type Parts = {
  readonly clock: Clock
  readonly notify: Notify
  readonly defaultLanguage: Language
  readonly businessZone: string
}

type Telling = { readonly kind: TaskNoticeKind; readonly userIds: readonly string[] }

/** Tells owner and assignee, in the application, of what happens to a task without them (T3). */
export function createTellOfTasks({ clock, notify, defaultLanguage, businessZone }: Parts): EventConsumer {
  return {
    name: 'notifications.tasks',
    types: taskEventTypes,
    async handle(event, platform) {
      if (isOldNews(event, clock.now())) return
      const task = readTaskEvent(event)
      const telling = whomToTell(event, task)
      if (telling === null) return
      const trx = platform.withTables<NotificationTables>()
      // In one order, for each of them is locked.
      for (const userId of telling.userIds.toSorted()) {
        const person = await findPerson(platform.withTables<PeopleTables>(), userId)
        const language = person?.locale ?? defaultLanguage
        await notify(trx, {
          userId,
          kind: telling.kind,
          ...writeTaskNotice(telling.kind, task, { language, zone: businessZone }),
          subject: event.subject,
          dedupeKey: `${telling.kind}:${task.task_id}:${event.recordversion}`,
        })
      }
    },
  }
}

/** Whoever did it knows. */
function whomToTell({ type, actorid: actor }: EventEnvelope, task: TaskFacts): Telling | null {
  const { owner_id: owner, assignee_id: assignee } = task
  if (type === 'task.created' || type === 'task.updated') {
    const isGiven = type === 'task.created' || task.previous_assignee_id !== undefined
    return isGiven && assignee !== null && assignee !== actor
      ? { kind: 'task.assigned', userIds: [assignee] }
      : null
  }
  const kind = taskNoticeKinds.find((each) => each === type)
  if (kind === undefined) return null
  const userIds = new Set([owner, ...(assignee === null ? [] : [assignee])])
  return { kind, userIds: [...userIds].filter((userId) => userId !== actor) }
}
