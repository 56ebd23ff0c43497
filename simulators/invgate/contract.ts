import type { Agent } from './agent.ts'
import type { Faults } from './faults.ts'
import type { Journal } from './journal.ts'
import type { Seed } from './seed.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'

/** Each setting has a default; a port of 0, which is the default, takes a free one. */
export type SimulatorOptions = Partial<Settings> & {
  readonly port?: number
  readonly host?: string
  readonly seed?: Seed
  /** Chance of faults with a `share` begins here. */
  readonly randomSeed?: number
}

export type InvgateSimulator = {
  /** The root, without the path of the API. */
  readonly rootUrl: string
  /** What a client is configured with: the root and the path of the API. */
  readonly url: string
  readonly settings: Settings
  readonly journal: Journal
  readonly faults: Faults
  readonly store: Store
  readonly agent: Agent
  readonly seed: (seed: Seed) => void
  /** Forgets records, journal, faults and tokens, and begins anew with the seed of the start. */
  readonly reset: () => void
  readonly revokeTokens: () => void
  /** For so long no connection is taken and those that are open are broken; then it listens again. */
  readonly outage: (durationMs: number) => void
  /** Refuses connections until `comeBack`. */
  readonly goDown: () => Promise<void>
  readonly comeBack: () => Promise<void>
  readonly stop: () => Promise<void>
}
