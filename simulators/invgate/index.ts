/** An InvGate for tests and local use; see README.md. */
export type { InvgateSimulator, SimulatorOptions } from './contract.ts'
export { startInvgateSimulator } from './simulator.ts'
