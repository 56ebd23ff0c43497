import { refuse } from '../errors.ts'

export type Turns = ReturnType<typeof createTurns>

/** A fair queue for something that one at a time may hold. */
export function createTurns({ acquireTimeoutMs }: { readonly acquireTimeoutMs: number }) {
  const queue: (() => void)[] = []
  let taken = false

  function pass() {
    const next = queue.shift()
    if (next === undefined) taken = false
    else next()
  }

  return {
    waiting: () => queue.length,
    isTaken: () => taken,
    /** Resolves with the function that gives the turn back. */
    async take(): Promise<() => void> {
      if (!taken) {
        taken = true
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
