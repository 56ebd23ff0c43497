import { trace } from '@opentelemetry/api'
import type { FastifyBaseLogger } from 'fastify'
import { type DestinationStream, type LevelWithSilent, pino, stdTimeFunctions } from 'pino'
import { redactLine } from './redact.ts'

/** What Fastify asks of a log, so that the server and everything else can be given the same one. */
export type Log = FastifyBaseLogger

type LogOptions = {
  readonly level: LevelWithSilent
  /** Standard output without one. */
  readonly destination?: DestinationStream
}

/** One JSON object a line: the level by name, the time in ISO 8601, errors with their stack, no secret. */
export function createLog({ level, destination }: LogOptions): Log {
  return pino(
    {
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Leads from a line to the trace of the work that wrote it, where there is one.
      mixin: () => {
        const span = trace.getActiveSpan()
        return span === undefined ? {} : { trace_id: span.spanContext().traceId }
      },
      hooks: { streamWrite: redactLine },
    },
    destination,
  )
}
