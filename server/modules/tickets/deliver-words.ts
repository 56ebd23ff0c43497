import type { DeliveredMove } from './deliver-queue.ts'

/** A solution at InvGate is a comment, and a comment has words. */
export const SOLVED_TEXT = 'Solved.'
/** InvGate wants a reason for not accepting a solution, and ours may be among the replies. */
export const NO_REASON_TEXT = '-'

/** Whether these are the words for a move that had none of its own. */
export function isBridgeText(move: DeliveredMove, text: string): boolean {
  return (move === 'solved' && text === SOLVED_TEXT) || (move === 'not_accepted' && text === NO_REASON_TEXT)
}
