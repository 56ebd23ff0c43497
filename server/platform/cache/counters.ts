import type { Clock } from '../clock.ts'
import { createExpiringMap } from './expiring-map.ts'
import type { WindowCount } from './key-value.ts'

type CountersOptions = { readonly clock: Clock; readonly maxEntries: number }

/** Counters of fixed windows in this process. */
export function createCounters({ clock, maxEntries }: CountersOptions) {
  const windows = createExpiringMap<number>({ clock, maxEntries })

  function keep(key: string, count: number, untilMs: number): WindowCount {
    windows.put(key, { value: count, untilMs })
    return { count, resetsInMs: untilMs - clock.now().getTime() }
  }

  return {
    increment(key: string, windowMs: number): WindowCount {
      const known = windows.find(key)
      if (known === undefined) return keep(key, 1, clock.now().getTime() + windowMs)
      return keep(key, known.value + 1, known.untilMs)
    },

    /**
     * Takes over what was counted elsewhere, this call included, and goes on from there when that place is away. A
     * place that has forgotten, or was away for a while, knows of fewer than were counted here: then ours stands.
     */
    reconcile(key: string, { count, resetsInMs }: WindowCount): WindowCount {
      const known = windows.find(key)
      if (known === undefined || known.value < count) {
        return keep(key, count, clock.now().getTime() + resetsInMs)
      }
      return keep(key, known.value + 1, known.untilMs)
    },

    clear(): void {
      windows.clear()
    },
  }
}
