import { actorOf, type Call, may } from '#platform/call'
import { refuse } from './errors.ts'

/** Whether the caller may do anything with any work order. */
export function isManager(call: Call): boolean {
  return may(call, 'workorders:write')
}

type Hand = { readonly call: Call; readonly operatorIds: readonly string[] }

/** Lets pass whoever works on the order, and managers; refuses everybody else with 403. */
export function requireHand({ call, operatorIds }: Hand): void {
  if (isManager(call) || operatorIds.includes(actorOf(call).userId)) return
  throw refuse('not_assigned')
}
