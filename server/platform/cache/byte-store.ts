import type { Clock } from '../clock.ts'

type ByteStoreOptions = { readonly clock: Clock; readonly maxBytes: number }

/** About what an entry costs besides its key and its bytes. */
const ENTRY_BYTES = 300

/**
 * A store of byte strings that never holds more than so many bytes: what was used longest ago goes first. Entries end
 * by themselves; whoever looks up one that has ended removes it.
 */
export function createByteStore<Value extends { readonly bytes: Buffer; readonly untilMs: number }>({
  clock,
  maxBytes,
}: ByteStoreOptions) {
  // A Map keeps its keys in the order in which they were set, so the first ones were used longest ago.
  const entries = new Map<string, Value>()
  let held = 0

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    held -= sizeOf(key, entry)
  }

  function add(key: string, entry: Value): void {
    entries.set(key, entry)
    held += sizeOf(key, entry)
  }

  return {
    find(key: string): Value | undefined {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      remove(key)
      if (entry.untilMs <= clock.now().getTime()) return undefined
      add(key, entry)
      return entry
    },

    /** One that is larger than the whole store is not kept. */
    put(key: string, entry: Value): void {
      remove(key)
      if (sizeOf(key, entry) > maxBytes) return
      add(key, entry)
      for (const oldest of entries.keys()) {
        if (held <= maxBytes) break
        remove(oldest)
      }
    },

    delete: remove,

    clear(): void {
      entries.clear()
      held = 0
    },

    /** How many bytes are held, about. */
    held: () => held,
  }
}

function sizeOf(key: string, { bytes }: { readonly bytes: Buffer }): number {
  return bytes.byteLength + 2 * key.length + ENTRY_BYTES
}
