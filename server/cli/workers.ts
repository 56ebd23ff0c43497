import cluster from 'node:cluster'
import { setTimeout as delay } from 'node:timers/promises'
import type { Log } from '#platform/telemetry/log'
import type { Config } from '../config.ts'

const RESTART_PAUSE_MS = 1_000

type Supervision = { readonly config: Config; readonly log: Log }

/** Runs several processes that share the port; one that ends is replaced, until it is time to stop (KARYA_WORKERS). */
export function superviseWorkers({ config, log }: Supervision): void {
  let isStopping = false
  for (let started = 0; started < config.workers; started += 1) cluster.fork()

  cluster.on('exit', (worker, code, signal) => {
    if (isStopping) {
      if (Object.keys(cluster.workers ?? {}).length === 0) process.exit(0)
      return
    }
    log.error({ pid: worker.process.pid, code, signal }, 'a worker has ended and is replaced')
    // One that ends at once, again and again, must not keep the machine busy with starting it.
    void delay(RESTART_PAUSE_MS).then(() => (isStopping ? undefined : cluster.fork()))
  })

  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (isStopping) process.exit(1)
      isStopping = true
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGTERM')
      if (Object.keys(cluster.workers ?? {}).length === 0) process.exit(0)
    })
  }
}
