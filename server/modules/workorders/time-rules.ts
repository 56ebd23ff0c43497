import type { EndCause } from './work-sessions.ts'

type Stretch = {
  readonly started_at: Date
  readonly ended_at: Date | null
  readonly end_cause: string | null
}

/** What an operator does with their clock at an order. */
export const timeActions = ['start', 'pause', 'resume', 'finish'] as const
export const timeStates = ['idle', 'running', 'paused'] as const
export type TimeAction = (typeof timeActions)[number]
export type TimeState = (typeof timeStates)[number]

const ACTIONS: Readonly<Record<TimeState, readonly TimeAction[]>> = {
  idle: ['start'],
  running: ['pause', 'finish'],
  paused: ['resume', 'finish'],
}

/** What was interrupted by a hold is taken up again like what was paused. */
const PAUSES: readonly EndCause[] = ['paused', 'order_held']

export function allowedActions(state: TimeState): readonly TimeAction[] {
  return ACTIONS[state]
}

/** The stretches are those of one operator at one order, in the order in which they began. */
export function timeStateOf(stretches: readonly Stretch[]): TimeState {
  const last = stretches.at(-1)
  if (last === undefined) return 'idle'
  if (last.ended_at === null) return 'running'
  return PAUSES.some((pause) => pause === last.end_cause) ? 'paused' : 'idle'
}

/** Milliseconds, with what still runs as far as it has come. */
export function workedMs(stretches: readonly Stretch[], now: Date): number {
  return stretches.reduce(
    (sum, { started_at: start, ended_at: end }) =>
      sum + Math.max(0, (end ?? now).getTime() - start.getTime()),
    0,
  )
}
