/** An InvGate for tests and local use; see README.md. */
export type { InvgateSimulator, SimulatorOptions } from './contract.ts'
export { allScopes } from './service-management.ts'
export { startInvgateSimulator } from './simulator.ts'
