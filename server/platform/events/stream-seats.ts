import { defineErrors } from '../errors.ts'

const A_USERS_STREAMS = 20
const ALL_STREAMS = 2_000
/** Between two looks at whether the server is stopping. */
const LOOK_MS = 250

const refuse = defineErrors({
  too_many_streams: {
    kind: 'too_many',
    en: 'Too many event streams are open.',
    id: 'Terlalu banyak aliran peristiwa yang terbuka.',
  },
})

type Seat = {
  readonly stop: AbortSignal
  readonly end: () => void
  readonly leave: () => void
}

/** The streams that are open in this process: how many there may be, and that they end when the server stops. */
export type StreamSeats = {
  /** Refuses when this user has too many, or all of them together are. */
  readonly take: (userId: string) => Seat
  readonly endAll: () => void
  readonly count: () => number
}

type SeatOptions = {
  readonly isDraining: () => boolean
  readonly perUser?: number
  readonly total?: number
}

export function createStreamSeats({
  isDraining,
  perUser = A_USERS_STREAMS,
  total = ALL_STREAMS,
}: SeatOptions): StreamSeats {
  const taken = new Set<AbortController>()
  const byUser = new Map<string, number>()
  let look: NodeJS.Timeout | undefined

  function endAll(): void {
    for (const seat of taken) seat.abort()
  }

  function leave(userId: string, seat: AbortController): void {
    if (!taken.delete(seat)) return
    const left = (byUser.get(userId) ?? 1) - 1
    if (left === 0) byUser.delete(userId)
    else byUser.set(userId, left)
    if (taken.size === 0) clearInterval(look)
  }

  return {
    count: () => taken.size,
    endAll,
    take(userId) {
      const count = byUser.get(userId) ?? 0
      if (count >= perUser || taken.size >= total) throw refuse('too_many_streams', { retryAfterSeconds: 10 })
      if (taken.size === 0) {
        // A connection that never ends by itself would hold up the end of the others.
        look = setInterval(() => {
          if (isDraining()) endAll()
        }, LOOK_MS).unref()
      }
      const seat = new AbortController()
      taken.add(seat)
      byUser.set(userId, count + 1)
      if (isDraining()) seat.abort()
      return { stop: seat.signal, end: () => seat.abort(), leave: () => leave(userId, seat) }
    },
  }
}
