import type { Carrier } from '#platform/events/carrier'
import type { Log } from '#platform/telemetry/log'
import type { Config } from './config.ts'

type CarrierParts = {
  readonly config: Config
  /** The installation id of this database. */
  readonly service: string
  readonly log: Log
}

/** The brokers that are switched on; each client is loaded only then (E2). */
export async function createCarriers({ config, service, log }: CarrierParts): Promise<readonly Carrier[]> {
  const { natsServers, natsStream } = config
  const carriers: Carrier[] = []
  if (natsServers.length > 0) {
    const { createNatsCarrier } = await import('#platform/events/nats')
    carriers.push(createNatsCarrier({ servers: natsServers, streamName: natsStream, service, log }))
  }
  return carriers
}
