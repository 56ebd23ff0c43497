/** The life of a task, in one table: from each status, the ones that somebody may give it (T2). */
const TRANSITIONS = {
  open: ['in_progress', 'done', 'cancelled'],
  in_progress: ['open', 'done', 'cancelled'],
  done: ['open', 'in_progress'],
  cancelled: ['open', 'in_progress'],
  // It goes on when it is given more time.
  expired: [],
} as const

export const taskStatuses = ['open', 'in_progress', 'done', 'cancelled', 'expired'] as const
export type TaskStatus = (typeof taskStatuses)[number]
/** Those in which there is still something to do: only such tasks expire (T3). */
export const openStatuses = ['open', 'in_progress'] as const satisfies readonly TaskStatus[]

/** From low to urgent; the number that is kept is the place, from 1 on. */
export const priorities = ['low', 'normal', 'high', 'urgent'] as const
export type Priority = (typeof priorities)[number]

export const expiryActions = ['mark', 'archive', 'delete'] as const

export const repeatOrigins = ['due', 'completion'] as const
export const recordKinds = ['order', 'work_order', 'ticket', 'product'] as const
export const inheritedTimes = ['due_at', 'expires_at'] as const

export function allowedTransitions(status: TaskStatus): readonly TaskStatus[] {
  return TRANSITIONS[status]
}

export function isOpen(status: TaskStatus): boolean {
  return openStatuses.some((open) => open === status)
}

export function rankOf(priority: Priority): number {
  return priorities.indexOf(priority) + 1
}

type Progress = {
  readonly status: TaskStatus
  /** Set by hand; null while it follows the checklist. */
  readonly byHand: number | null
  readonly checklist: readonly { readonly done: boolean }[]
}

/** From 0 to 100: done is all of it, whatever was said before (T2). */
export function progressOf({ status, byHand, checklist }: Progress): number {
  if (status === 'done') return 100
  if (byHand !== null) return byHand
  if (checklist.length === 0) return 0
  return Math.floor((checklist.filter(({ done }) => done).length * 100) / checklist.length)
}
