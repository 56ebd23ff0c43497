import type { HttpServer } from '#platform/http/types'
import { type Draining, drain, within } from '#platform/shutdown'
import { type Metrics, startMetricsServer } from '#platform/telemetry/metrics'
import type { Config } from './config.ts'

export const STOP_MS = 9_000

type Close = () => Promise<void>

type RunningParts = {
  readonly config: Config
  readonly metrics: Metrics
  readonly http: HttpServer
  readonly draining: Draining
  readonly stopBackground: Close
  /** What is closed when nobody works with it any more, all at once, and the database after it. */
  readonly beside: readonly Close[]
  readonly closeDatabase: Close
}

/** Opens the ports of an application, and closes all of it in order. */
export function createRunning(parts: RunningParts): {
  readonly listen: () => Promise<string>
  readonly stop: Close
} {
  const { config, metrics, http, draining } = parts
  let closeMetrics = async () => {}

  async function openPorts(): Promise<string> {
    const { host } = config.http
    if (config.metrics.port !== null) {
      const server = await startMetricsServer({ metrics, host, port: config.metrics.port })
      closeMetrics = server.close
    }
    return await http.listen({ host, port: config.http.port })
  }

  async function stop(): Promise<void> {
    const startedAt = Date.now()
    /** However long one of them hangs, all are done within nine seconds. */
    const atMost = (limitMs: number): number =>
      Math.max(Math.min(limitMs, STOP_MS - (Date.now() - startedAt)), 100)
    await drain({ app: http, draining, production: config.production })
    await within(atMost(3_000), parts.stopBackground())
    await within(atMost(2_000), closeAll([closeMetrics, ...parts.beside]))
    await within(atMost(1_000), parts.closeDatabase())
  }

  return {
    async listen() {
      try {
        return await openPorts()
      } catch (error) {
        // The background has begun already, and would go on with nobody to serve.
        await stop()
        throw error
      }
    },
    stop,
  }
}

/** None of them keeps the others from being closed. */
export async function closeAll(closings: readonly Close[]): Promise<void> {
  await Promise.allSettled(closings.map(async (close) => await close()))
}
