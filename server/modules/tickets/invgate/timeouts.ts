/** For all of a request, its repetitions and the wait for its turn. */
export const TIMEOUT_MS = 15_000
export const FILES_TIMEOUT_MS = 30_000
