import type { Clock } from '#platform/clock'
import type { Files } from '#platform/files/files'
import { createOutboundHttp } from '#platform/outbound/outbound-http'
import type { Log } from '#platform/telemetry/log'
import { type Catalogues, createCatalogues } from './invgate/catalogue-cache.ts'
import type { InvgateDesk, InvgatePlace } from './invgate/contract.ts'
import { createInvgateDesk, type InvgateCredentials } from './invgate/desk.ts'
import { createWatchedDesk, type DeskWatch } from './invgate-watch.ts'

/** As in the configuration. */
export type InvgateOptions = {
  readonly baseUrl: string
  readonly dialect: 'service-management' | 'simple'
  readonly credentials: InvgateCredentials
  readonly mode: 'sync' | 'deferred'
  /** Addresses of a private network may be asked as well. */
  readonly allowPrivate: boolean
  /** So many requests may go in any second. */
  readonly requestsPerSecond: number
  /** Where the accounts are put that we make. */
  readonly place: InvgatePlace
  /** InvGate is asked what has become of the tickets this long after the last round of asking. */
  readonly pollSeconds: number
}

/** The way to InvGate, one for the whole process. */
export type InvgateBridge = {
  readonly desk: InvgateDesk
  readonly mode: InvgateOptions['mode']
  readonly dialect: InvgateOptions['dialect']
  /** Between two rounds of asking what has become of the tickets. */
  readonly pollMs: number
  readonly catalogues: Catalogues
  readonly place: InvgatePlace
  /** How InvGate was doing when this process last asked it. */
  readonly watch: DeskWatch
  /** Reads what goes along with a message. */
  readonly files: Pick<Files, 'find' | 'readUpload'>
}

type BridgeParts = {
  readonly options: InvgateOptions
  readonly clock: Clock
  readonly log: Log
  readonly files: Pick<Files, 'find' | 'readUpload'>
}

export function createInvgateBridge({ options, clock, log, files }: BridgeParts): InvgateBridge {
  const { mode, allowPrivate, pollSeconds, place, ...address } = options
  const { desk, watch } = createWatchedDesk({
    clock,
    desk: createInvgateDesk({
      ...address,
      http: createOutboundHttp({ allowPrivate, log }),
    }),
  })
  return {
    desk,
    mode,
    dialect: options.dialect,
    pollMs: pollSeconds * 1_000,
    catalogues: createCatalogues({ desk, clock }),
    watch,
    place,
    files,
  }
}
