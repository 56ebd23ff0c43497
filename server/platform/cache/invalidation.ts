import type { NewEvent, Outbox } from '../events/outbox.ts'
import type { CacheAside } from './cache-aside.ts'
import type { Change } from './change-watch.ts'

/** Which records of a kind some events tell of. */
export function changesIn(events: readonly NewEvent[], kind: string): Change[] {
  const prefix = `${kind}/`
  return events
    .filter(({ subject }) => subject.startsWith(prefix))
    .map(({ subject, recordVersion }) => ({ id: subject.slice(prefix.length), version: recordVersion }))
}

type Invalidating = {
  readonly outbox: Outbox
  readonly cache: Pick<CacheAside, 'invalidate'>
  readonly kind: string
}

/**
 * An outbox that also ends the copies of what its events tell of. No use case can forget it, for none changes a record
 * without an event (E1).
 */
export function invalidateWith({ outbox, cache, kind }: Invalidating): Outbox {
  return {
    async append(trx, call, ...events) {
      await outbox.append(trx, call, ...events)
      cache.invalidate(trx, changesIn(events, kind))
    },
  }
}
