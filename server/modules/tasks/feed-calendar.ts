import ical, { ICalAlarmType, ICalCalendarMethod, ICalEventStatus } from 'ical-generator'
import { type Language, say, type Text } from '#platform/language'
import { formatTime } from '#platform/wording'
import { timeOfReminder } from './deadlines.ts'
import type { TaskRow } from './queries.ts'
import { remindersOf, statusOf } from './views.ts'

/** Calendars that cannot show a moment show a stretch; so long before a task is due. */
const LENGTH_MS = 30 * 60 * 1_000
/** How long a calendar keeps what it has read before it asks again, in seconds. */
export const FEED_TTL_SECONDS = 15 * 60

/** What a calendar shows of a task. */
export type DatedTask = Pick<
  TaskRow,
  | 'id'
  | 'title'
  | 'description'
  | 'status'
  | 'due_at'
  | 'expires_at'
  | 'reminders'
  | 'version'
  | 'created_at'
  | 'updated_at'
>

type Entry = { readonly row: DatedTask; readonly labels: readonly string[] }

type Wording = { readonly language: Language; readonly zone: string }

/** Open tasks that are due or expire, as a calendar (RFC 5545). */
export function writeCalendar(entries: readonly Entry[], wording: Wording): string {
  const calendar = ical({
    name: 'Karya',
    prodId: { company: 'Karya', product: 'Karya', language: wording.language.toUpperCase() },
    method: ICalCalendarMethod.PUBLISH,
    ttl: FEED_TTL_SECONDS,
  })
  for (const { row, labels } of entries) {
    const end = row.due_at ?? row.expires_at
    if (end === null) continue
    const event = calendar.createEvent({
      id: `${row.id}@karya`,
      start: new Date(end.getTime() - LENGTH_MS),
      end,
      stamp: row.updated_at,
      created: row.created_at,
      lastModified: row.updated_at,
      sequence: row.version,
      summary: row.title,
      description: describe(row, wording),
      // Begun is certain, open may still be put off.
      status: statusOf(row) === 'in_progress' ? ICalEventStatus.CONFIRMED : ICalEventStatus.TENTATIVE,
      categories: labels.map((name) => ({ name })),
    })
    for (const reminder of remindersOf(row)) {
      const at = timeOfReminder(row, reminder)
      if (at !== null && !reminder.sent)
        event.createAlarm({ type: ICalAlarmType.display, trigger: at, description: row.title })
    }
  }
  return calendar.toString()
}

const EXPIRES: Text = { en: 'Expires on {expires}', id: 'Kedaluwarsa pada {expires}' }

function describe(
  { description, due_at: dueAt, expires_at: expiresAt }: DatedTask,
  { language, zone }: Wording,
): string {
  const ends =
    dueAt !== null && expiresAt !== null
      ? say(EXPIRES, language, { expires: formatTime(expiresAt, { language, zone }) })
      : ''
  return [description ?? '', ends].filter((part) => part !== '').join('\n\n')
}
