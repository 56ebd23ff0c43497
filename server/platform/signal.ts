/** Tells loops in this process that there may be something to do. */
export type Signal = {
  readonly tell: () => void
  /** Has a function called at each tell; answers how to end that. */
  readonly subscribe: (listener: () => void) => () => void
  /** A listener of its own for one loop, which misses no tell between two waits. */
  readonly listener: () => SignalListener
}

export type SignalListener = {
  /** Resolves at a tell since the last wait, after the time, or when the signal says stop; never rejects. */
  readonly wait: (limitMs: number, stop: AbortSignal) => Promise<void>
  readonly close: () => void
}

export function createSignal(): Signal {
  const listeners = new Set<() => void>()

  function subscribe(listener: () => void): () => void {
    listeners.add(listener)
    return () => void listeners.delete(listener)
  }

  return {
    tell() {
      for (const listener of listeners) listener()
    },
    subscribe,
    listener() {
      let isTold = false
      let wakeUp = (): void => {}
      const close = subscribe(() => {
        isTold = true
        wakeUp()
      })
      return {
        close,
        async wait(limitMs, stop) {
          if (!isTold && !stop.aborted) {
            const woken = Promise.withResolvers<void>()
            wakeUp = woken.resolve
            await sleep(limitMs, { stop, until: woken.promise })
          }
          isTold = false
        },
      }
    },
  }
}

type SleepOptions = { readonly stop: AbortSignal; readonly until?: Promise<void> }

/** Waits so long, or until the other thing happens or the signal says stop; never rejects. */
export async function sleep(limitMs: number, { stop, until }: SleepOptions): Promise<void> {
  if (stop.aborted) return
  const woken = Promise.withResolvers<void>()
  const end = (): void => woken.resolve()
  // A timer of `node:timers/promises` that is given up costs an error with its stack, at every event.
  const timer = setTimeout(end, limitMs)
  stop.addEventListener('abort', end, { once: true })
  await (until === undefined ? woken.promise : Promise.race([woken.promise, until]))
  stop.removeEventListener('abort', end)
  clearTimeout(timer)
}
