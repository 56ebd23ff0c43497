import type { SimulatorOptions } from '#simulators/invgate'
import { type InvgateSimulator, startInvgateSimulator } from '#simulators/invgate'
import type { Backend } from '#tests/backends'
import { startTestDesk, type TestDesk } from './test-desk.ts'

export const SIMULATOR_PASSWORD = 'a-sign-in-of-the-tests'

export type BridgedDesk = TestDesk & { readonly sim: InvgateSimulator }

type Options = {
  readonly mode?: 'sync' | 'deferred'
  readonly simulator?: SimulatorOptions
  readonly environment?: Readonly<Record<string, string>>
}

/** What a server is told of a simulator. */
export function environmentFor(
  sim: InvgateSimulator,
  { mode = 'sync' }: Pick<Options, 'mode'> = {},
): Record<string, string> {
  return {
    INVGATE_BASE_URL: sim.url,
    INVGATE_USERNAME: sim.settings.username,
    INVGATE_PASSWORD: sim.settings.password,
    INVGATE_DIALECT: sim.settings.dialect,
    INVGATE_MODE: mode,
    INVGATE_ALLOW_PRIVATE: 'true',
    INVGATE_REQUESTS_PER_SECOND: '1000',
    // What a test counts at InvGate is not to be asked for by the way.
    INVGATE_POLL_SECONDS: '86400',
    // The tests' clock goes on by hours.
    ACCESS_TOKEN_TTL: '1d',
  }
}

/** A service desk that is joined to an InvGate of its own. */
export async function startBridgedDesk(
  backend: Backend,
  { mode = 'sync', simulator = {}, environment = {} }: Options = {},
): Promise<BridgedDesk> {
  const sim = await startInvgateSimulator({ password: SIMULATOR_PASSWORD, ...simulator })
  const desk = await startTestDesk(backend, {
    environment: { ...environmentFor(sim, { mode }), ...environment },
  })
  return {
    ...desk,
    sim,
    async stop() {
      await desk.stop()
      await sim.stop()
    },
  }
}
