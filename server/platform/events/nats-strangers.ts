import type { Log } from '../telemetry/log.ts'
import type { NatsSession } from './nats-link.ts'

/** In the description, for servers before 2.10 keep no other facts of a consumer. */
const MARK = /^Karya, tokens (?<mark>\S+)$/

export type Strangers = {
  /** What the durable consumer of this service lets the others see. */
  readonly description: string
  /** Says once of each service that has another mark that there is one. Never rejects. */
  readonly look: (session: NatsSession) => Promise<void>
}

type StrangersParts = {
  readonly service: string
  readonly tokenMark: string | undefined
  readonly log: Log
}

/**
 * Services that sign tokens with different secrets would work beside each other without a word, and refuse everybody who
 * comes from the other. Each leaves a mark at its durable consumer, and whoever comes second says that they differ.
 */
export function createStrangers({ service, tokenMark, log }: StrangersParts): Strangers {
  const told = new Set<string>()
  return {
    description: tokenMark === undefined ? 'Karya' : `Karya, tokens ${tokenMark}`,
    async look({ manager, stream }) {
      if (tokenMark === undefined) return
      try {
        for await (const { name, config } of manager.consumers.list(stream.name)) {
          const mark = MARK.exec(config.description ?? '')?.groups?.['mark']
          if (name === service || mark === undefined || mark === tokenMark || told.has(name)) continue
          told.add(name)
          log.warn(
            { other_service: name },
            'another service at this NATS signs tokens with another secret, so neither trusts those of the other; give all services the same JWT_SECRET',
          )
        }
      } catch (error) {
        // Nothing depends on it, and the next session looks again.
        log.debug({ err: error }, 'could not look which services there are at NATS')
      }
    },
  }
}
