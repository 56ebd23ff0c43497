import type { Account } from './programs.d.mts'

/** A database server as the tools start it, for tests that start one of their own. */
export type Service = {
  readonly name: string
  readonly programs: Readonly<Record<string, string>>
  /** Under which the server runs when root starts it. */
  readonly account: string
  readonly address: (port: number) => string
  /** Rejects while no server answers there. */
  readonly answers: (address: string) => Promise<void>
  readonly prepare: (place: { readonly home: string; readonly account: Account }) => Promise<void>
  readonly command: (place: { readonly home: string; readonly port: number }) => [string, string[]]
}
