const FIRST_MS = 2_000
/** After an outage nothing waits for longer than this. */
const LONGEST_MS = 30_000
const LONGEST_WANTED_MS = 600_000

type Tried = { readonly attempts: number; readonly retryAfterMs: number | null }

/** How long to wait after so many attempts in vain; with jitter, so that not all come back at once. */
export function pauseAfter({ attempts, retryAfterMs }: Tried): number {
  const ownMs = Math.min(FIRST_MS * 2 ** Math.max(attempts - 1, 0), LONGEST_MS) * (0.75 + Math.random() / 2)
  return Math.max(ownMs, Math.min(retryAfterMs ?? 0, LONGEST_WANTED_MS))
}
