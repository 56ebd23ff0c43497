import type { KeyValue } from '../cache/key-value.ts'
import type { Notice, Notifier } from '../database/notify.ts'

/** Tells within so long of each other are one. */
const TOGETHER_MS = 20

type CacheNotifierParts = {
  readonly keyValue: Pick<KeyValue, 'publish' | 'subscribe'>
  readonly installation: string
  readonly onNotice: (notice: Notice) => void
}

/**
 * How the processes on one database wake each other where the database cannot: over the cache that they share, for as
 * long as it is there. Only of commits, for which others wait; who has missed one finds it by looking.
 */
export function createCacheNotifier({ keyValue, installation, onNotice }: CacheNotifierParts): Notifier {
  const channel = `commits:${installation}`
  let isPlanned = false
  keyValue.subscribe(channel, () => onNotice('committed'))
  return {
    tell(notice) {
      if (notice !== 'committed' || isPlanned) return
      isPlanned = true
      setTimeout(() => {
        isPlanned = false
        void keyValue.publish(channel, '')
      }, TOGETHER_MS).unref()
    },
    async close() {},
  }
}
