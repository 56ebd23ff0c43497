import { setTimeout as delay } from 'node:timers/promises'
import { type Client, createClient } from './client.ts'
import { freePort, type ServerProcess, startServerProcess } from './server-process.ts'

/** Several processes of the server on one database, each always at the same address. */
export type Fleet = {
  readonly clients: readonly Client[]
  readonly servers: () => readonly ServerProcess[]
  /** Ends one as if the power had gone, and starts it again; resolves when it is ready, with the time that took. */
  readonly killAndRestart: (index: number) => Promise<number>
  /** Ends all in order and answers their exit codes. */
  readonly stop: () => Promise<(number | string)[]>
  /** Standard output and error of all, those that were killed included. */
  readonly output: () => string
}

type FleetOptions = {
  readonly environment: Readonly<Record<string, string>>
  readonly processes: number
}

export async function startFleet({ environment, processes }: FleetOptions): Promise<Fleet> {
  const ports: string[] = []
  for (let index = 0; index < processes; index += 1) ports.push(String(await freePort()))
  const start = async (index: number) =>
    await startServerProcess({ ...environment, PORT: ports[index] ?? '0' })
  const servers = await Promise.all(ports.map(async (_port, index) => await start(index)))
  const clients = servers.map(({ url }) => createClient(url))
  let buried = ''

  return {
    clients,
    servers: () => servers,
    async killAndRestart(index) {
      const victim = servers[index]
      if (victim === undefined) throw new RangeError(`there is no process ${index}`)
      victim.kill('SIGKILL')
      await victim.ended
      buried += victim.output()
      const startedAt = performance.now()
      servers[index] = await start(index)
      return performance.now() - startedAt
    },
    async stop() {
      for (const { close } of clients) close()
      for (const { kill } of servers) kill('SIGTERM')
      return await Promise.all(servers.map(async ({ ended }) => await ended))
    },
    output: () => buried + servers.map(({ output }) => output()).join(''),
  }
}

/** Asks again and again until the answer is yes; throws with the last answer's description when the time is up. */
export async function until(
  isSo: () => Promise<boolean>,
  {
    limitMs,
    what,
    everyMs = 20,
  }: { readonly limitMs: number; readonly what: string; readonly everyMs?: number },
): Promise<number> {
  const startedAt = performance.now()
  while (!(await isSo())) {
    if (performance.now() - startedAt > limitMs) throw new Error(`not within ${limitMs} ms: ${what}`)
    await delay(everyMs)
  }
  return performance.now() - startedAt
}
