import { type InvgateComment, type InvgateIncident, STATUS } from './records.ts'
import type { Store } from './store.ts'

/** What people at InvGate do with an incident, without the API; undefined where there is none. */
export type Agent = {
  readonly setStatus: (id: number, statusId: number) => InvgateIncident | undefined
  /** `message` is HTML, as InvGate's editor writes it. */
  readonly comment: (
    id: number,
    comment: { readonly message: string; readonly isCustomerVisible?: boolean },
  ) => InvgateComment | undefined
  /** Writes a solution, by which the incident is solved. */
  readonly solve: (id: number, message: string) => InvgateComment | undefined
}

export function createAgent({
  store,
  agentId,
  now,
}: {
  readonly store: Store
  readonly agentId: () => number
  readonly now: () => Date
}): Agent {
  return {
    setStatus(id, statusId) {
      const at = Math.floor(now().getTime() / 1_000)
      return store.change(id, {
        status_id: statusId,
        ...(statusId === STATUS.solved ? { solved_at: at } : {}),
        ...(statusId === STATUS.closed ? { closed_at: at, closed_reason: 1 } : {}),
      })
    },
    comment: (id, comment) => store.addComment(id, { authorId: agentId(), ...comment }),
    solve: (id, message) => store.addComment(id, { authorId: agentId(), message, isSolution: true }),
  }
}
