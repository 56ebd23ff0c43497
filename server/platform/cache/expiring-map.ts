import type { Clock } from '../clock.ts'

type ExpiringMapOptions = { readonly clock: Clock; readonly maxEntries: number }

type Entry<Value> = { readonly value: Value; readonly untilMs: number }

/** How many of the entries longest unused are looked at with each write. */
const SWEPT_PER_WRITE = 2

/**
 * A map of bounded size whose entries end by themselves. What was used longest ago goes first. It needs no timer:
 * whoever looks up an entry that has ended removes it, and each write removes more of them than it adds.
 */
export function createExpiringMap<Value>({ clock, maxEntries }: ExpiringMapOptions) {
  // A Map keeps its keys in the order in which they were set, so the first ones were used longest ago.
  const entries = new Map<string, Entry<Value>>()

  function sweep(now: number): void {
    let looked = 0
    for (const [key, { untilMs }] of entries) {
      if (untilMs <= now) entries.delete(key)
      looked += 1
      if (looked === SWEPT_PER_WRITE) break
    }
    if (entries.size <= maxEntries) return
    for (const key of entries.keys()) {
      entries.delete(key)
      break
    }
  }

  return {
    find(key: string): Entry<Value> | undefined {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      if (entry.untilMs <= clock.now().getTime()) return undefined
      entries.set(key, entry)
      return entry
    },

    put(key: string, entry: Entry<Value>): void {
      entries.delete(key)
      entries.set(key, entry)
      sweep(clock.now().getTime())
    },

    delete(key: string): void {
      entries.delete(key)
    },

    clear(): void {
      entries.clear()
    },
  }
}
