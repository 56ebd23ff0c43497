import { databaseFailure } from '../database/failure.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../telemetry/log.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { LeaseLostError } from './lease.ts'

/** After so many tries an event is parked, for somebody to look at. */
export const TRIES = 10
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 60_000

/** What is wrong with the database or our term of office, rather than with an event. */
export function isOutage(error: unknown): boolean {
  const failure = databaseFailure(error)
  return (
    error instanceof LeaseLostError ||
    (failure !== undefined && failure !== 'unique') ||
    (error instanceof AppError && error.kind === 'unavailable')
  )
}

type FailedTry = {
  readonly consumer: string
  readonly eventId: string
  readonly attempts: number
  readonly error: unknown
}

export function tellOfFailure(
  { metrics, log }: { readonly metrics: Pick<Metrics, 'countEvent'>; readonly log: Log },
  { consumer, eventId, attempts, error }: FailedTry,
): void {
  const isParked = attempts >= TRIES
  metrics.countEvent(consumer, isParked ? 'parked' : 'failed')
  const facts = { err: error, consumer, event_id: eventId, attempts }
  if (isParked) log.error(facts, 'an event was parked: it failed too often')
  else log.warn(facts, 'an event could not be handled and will be tried again')
}

/** Doubles from one second to a minute, and half of it is chance, so that failures do not march in step. */
export function pauseMs(attempts: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS)
  return pause * (0.5 + Math.random() / 2)
}
