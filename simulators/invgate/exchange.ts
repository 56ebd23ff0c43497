import type { Access } from './access.ts'
import type { Received } from './parameters.ts'
import type { Settings } from './settings.ts'
import type { Store } from './store.ts'

/** A request as the dialects see it. */
export type Exchange = Received & {
  readonly method: string
  /** The path below the base, without slashes at its ends. */
  readonly endpoint: string
  readonly contentType: string
  readonly body: Buffer
  readonly authorization: string | undefined
}

/** What the dialects work with. */
export type Instance = {
  readonly settings: Settings
  readonly store: Store
  readonly access: Access
  /** Whether one more request may be answered now. */
  readonly mayAnswer: () => boolean
}
