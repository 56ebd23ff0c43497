import { refuse } from './errors.ts'

export type Turns = ReturnType<typeof createTurns>

type TurnsOptions = {
  /** How many may hold it at once. */
  readonly places: number
  readonly acquireTimeoutMs: number
}

/** A fair queue for something that only so many may hold at once. */
export function createTurns({ places, acquireTimeoutMs }: TurnsOptions) {
  const queue: (() => void)[] = []
  let free = places

  function pass() {
    const next = queue.shift()
    if (next === undefined) free += 1
    else next()
  }

  return {
    waiting: () => queue.length,
    free: () => free,
    /** Resolves with the function that gives the turn back. */
    async take(): Promise<() => void> {
      if (free > 0) {
        free -= 1
        return pass
      }
      return await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(enter), 1)
          reject(refuse('unavailable', { retryAfterSeconds: 1 }))
        }, acquireTimeoutMs)
        const enter = () => {
          clearTimeout(timer)
          resolve(pass)
        }
        queue.push(enter)
      })
    },
  }
}
