import process from 'node:process'
import { readEnvironment } from './environment.ts'
import { startInvgateSimulator } from './simulator.ts'

const simulator = await startInvgateSimulator({ port: 8_090, ...readEnvironment(process.env) })
console.log(`An InvGate is simulated at ${simulator.url} (${simulator.settings.dialect}).`)
console.log(`Its user is ${simulator.settings.username}; its switches are below ${simulator.rootUrl}/__sim/.`)
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    void simulator.stop().then(() => process.exit(0))
  })
}
