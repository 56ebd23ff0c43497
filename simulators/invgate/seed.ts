import type { NewIncident, NewUser, Store } from './store.ts'

/** Records to begin with; `id` may be named. */
export type Seed = {
  readonly users?: readonly NewUser[]
  readonly incidents?: readonly NewIncident[]
}

/** The account that the API's own user is, and the agent who works at InvGate; the first two of every instance. */
const STAFF: readonly NewUser[] = [
  { name: 'API', lastname: 'User', email: 'api@invgate.example', username: 'api', user_type: 1 },
  { name: 'Agus', lastname: 'Agent', email: 'agus@invgate.example', username: 'agus', user_type: 1 },
]
export const AGENT_ID = 2

export function plant(store: Store, seed: Seed): void {
  for (const user of seed.users ?? []) store.addUser(user)
  for (const incident of seed.incidents ?? []) store.addIncident(incident)
}

export function startOver(store: Store, seed: Seed): void {
  store.clear()
  plant(store, { users: STAFF })
  plant(store, seed)
}
