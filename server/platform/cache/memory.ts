import type { Clock } from '../clock.ts'
import { createCounters } from './counters.ts'
import { createExpiringMap } from './expiring-map.ts'
import type { KeyValue } from './key-value.ts'

type MemoryOptions = {
  readonly clock: Clock
  /** Of values, and as many counters again, so that no number of values can push a limit out. */
  readonly maxEntries?: number
}

export const MAX_ENTRIES = 50_000

/** Keeps everything in this process. */
export function createMemoryKeyValue({ clock, maxEntries = MAX_ENTRIES }: MemoryOptions): KeyValue {
  const values = createExpiringMap<string>({ clock, maxEntries })
  const counters = createCounters({ clock, maxEntries })
  const listeners = new Map<string, ((message: string) => void)[]>()

  return {
    get: async (key) => values.find(key)?.value ?? null,
    set: async (key, value, { ttlMs }) => values.put(key, { value, untilMs: clock.now().getTime() + ttlMs }),
    async delete(...keys) {
      for (const key of keys) values.delete(key)
    },
    increment: async (key, { windowMs }) => counters.increment(key, windowMs),
    async publish(channel, message) {
      for (const listener of listeners.get(channel) ?? []) listener(message)
    },
    subscribe(channel, listener) {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
    },
    state: () => 'memory',
    async close() {
      values.clear()
      counters.clear()
      listeners.clear()
    },
  }
}
