import { type DestinationStream, type LevelWithSilent, type Logger, pino, stdTimeFunctions } from 'pino'
import { redactLine } from './redact.ts'

export type Log = Logger

type LogOptions = {
  readonly level: LevelWithSilent
  /** Standard output without one. */
  readonly destination?: DestinationStream
}

/** One JSON object a line, with the level's name, the time in ISO 8601, errors with their stack and no secret (F13). */
export function createLog({ level, destination }: LogOptions): Log {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redactLine },
    },
    destination,
  )
}
