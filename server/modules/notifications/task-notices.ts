import { type Language, say, type Text } from '#platform/language'
import { formatTime, oneLine } from '#platform/wording'
import type { TaskFacts } from './task-facts.ts'

type Notice = { readonly title: Text; readonly body: Text }

export const taskNoticeKinds = ['task.assigned', 'task.expiring', 'task.expired', 'task.reminded'] as const
export type TaskNoticeKind = (typeof taskNoticeKinds)[number]

const NOTICES: Readonly<Record<TaskNoticeKind, Notice>> = {
  'task.assigned': {
    title: { en: 'Task for you', id: 'Tugas untuk Anda' },
    body: { en: 'You have been given the task “{title}”.', id: 'Anda mendapat tugas “{title}”.' },
  },
  'task.expiring': {
    title: { en: 'Task about to expire', id: 'Tugas segera kedaluwarsa' },
    body: {
      en: 'The task “{title}” expires on {expires}.',
      id: 'Tugas “{title}” kedaluwarsa pada {expires}.',
    },
  },
  'task.expired': {
    title: { en: 'Task expired', id: 'Tugas kedaluwarsa' },
    body: { en: 'The task “{title}” has expired.', id: 'Tugas “{title}” telah kedaluwarsa.' },
  },
  'task.reminded': {
    title: { en: 'Reminder', id: 'Pengingat' },
    body: { en: 'Remember the task “{title}”.', id: 'Ingat tugas “{title}”.' },
  },
}
const REMINDED_OF_DUE: Text = {
  en: 'Remember the task “{title}”, due on {due}.',
  id: 'Ingat tugas “{title}”, jatuh tempo {due}.',
}

type Wording = { readonly language: Language; readonly zone: string }

/** What its owner and its assignee read in the application. */
export function writeTaskNotice(
  kind: TaskNoticeKind,
  task: TaskFacts,
  { language, zone }: Wording,
): { readonly title: string; readonly body: string } {
  const { title, body } = NOTICES[kind]
  const text = kind === 'task.reminded' && task.due_at !== null ? REMINDED_OF_DUE : body
  const moment = (time: string | null): string =>
    time === null ? '' : formatTime(new Date(time), { language, zone })
  return {
    title: say(title, language),
    body: say(text, language, {
      title: oneLine(task.title),
      expires: moment(task.expires_at),
      due: moment(task.due_at),
    }),
  }
}
