import type { Log } from '../telemetry/log.ts'

/** A statement may take so long before anybody asks whether the server still answers at all. */
const PATIENCE_MS = 3_000
/** A server that says nothing to a new connection within this time hangs. */
export const GREETING_MS = 2_000

type HangParts = {
  /** Opens a connection of its own; false when the server has taken it and says nothing. */
  readonly isAnswering: () => Promise<boolean>
  /** Breaks all connections, so that whoever waits on one is told. */
  readonly abandon: () => void
  readonly log: Log
}

export type HangWatch = {
  /** To be called before a statement; what it answers is to be called after it. */
  readonly begin: () => () => void
}

/**
 * Tells a server that hangs, with its connections open, from a statement that takes long: only the first is silent to a
 * new connection too. It costs nothing while statements are quick. Without it whoever has asked would wait for as long
 * as the server hangs.
 */
export function watchForHangs({ isAnswering, abandon, log }: HangParts): HangWatch {
  /** When each statement under way began; the oldest comes first. */
  const underWay = new Set<{ readonly since: number }>()
  let isWatching = false

  function look(): void {
    const [oldest] = underWay
    isWatching = oldest !== undefined
    if (oldest === undefined) return
    const leftMs = oldest.since + PATIENCE_MS - performance.now()
    if (leftMs > 0) setTimeout(look, leftMs).unref()
    else void ask()
  }

  async function ask(): Promise<void> {
    if (!(await isAnswering())) {
      log.warn({ statements: underWay.size }, 'the database hangs; its connections are given up')
      abandon()
    }
    setTimeout(look, PATIENCE_MS).unref()
  }

  return {
    begin() {
      const statement = { since: performance.now() }
      underWay.add(statement)
      if (!isWatching) {
        isWatching = true
        setTimeout(look, PATIENCE_MS).unref()
      }
      return () => void underWay.delete(statement)
    },
  }
}
