import { type Asked, type Asking, ask } from './ask.ts'
import type { InvgateSimulator, SimulatorOptions } from './contract.ts'
import { startInvgateSimulator } from './simulator.ts'

export type Scene = AsyncDisposable & {
  readonly sim: InvgateSimulator
  readonly get: (endpoint: string, query?: string, asking?: Asking) => Promise<Asked>
  readonly post: (endpoint: string, form: Readonly<Record<string, string>>) => Promise<Asked>
  readonly put: (endpoint: string, form: Readonly<Record<string, string>>) => Promise<Asked>
  readonly ask: (endpoint: string, method: string, asking?: Asking) => Promise<Asked>
  readonly control: (method: string, path: string, json?: unknown) => Promise<Asked>
}

export const NOW = new Date('2025-11-21T01:53:20Z')
export const NOW_SECONDS = 1_763_690_000

/** A customer, and what a create must name. */
export const SITI = { id: 2630, name: 'Siti', lastname: 'Rahma', email: 'siti@example.test' }
export const NEW_INCIDENT = {
  creator_id: '2630',
  customer_id: '2630',
  category_id: '11',
  priority_id: '2',
  type_id: '1',
  title: 'Printer down',
  description: '<p>No toner</p>\r\n',
}

export async function startScene(options: SimulatorOptions = {}): Promise<Scene> {
  const sim = await startInvgateSimulator({ now: () => NOW, seed: { users: [SITI] }, ...options })
  const at = async (endpoint: string, method: string, asking?: Asking): Promise<Asked> =>
    await ask(`${sim.url}/${endpoint}`, method, asking)
  return {
    sim,
    ask: at,
    get: async (endpoint, query = '', asking = {}) => await at(endpoint, 'GET', { query, ...asking }),
    post: async (endpoint, form) => await at(endpoint, 'POST', { form }),
    put: async (endpoint, form) => await at(endpoint, 'PUT', { form }),
    control: async (method, path, json) =>
      await ask(`${sim.rootUrl}/__sim/${path}`, method, { authorization: null, json }),
    [Symbol.asyncDispose]: sim.stop,
  }
}
