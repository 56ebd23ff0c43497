/**
 * Plays a story through two services that have nothing in common but NATS and the secret that tokens are signed with:
 * the office (everything but tasks) and the tasks, each with a database of its own. Every step is checked.
 *
 *   npm run demo:services
 *
 * NATS is the one that runs, or one that `tools/services.mjs` starts. Whatever was started is ended again, and what was
 * written is below a temporary folder that is removed. Ends with 1 when a step does not come out as told.
 */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { moduleNames } from '../server/config.ts'
import { provideNats } from './demo/nats.mjs'
import { startService } from './demo/service.mjs'
import { tellStory } from './demo/story.mjs'

const undo = []
const startedAt = performance.now()

function say(line) {
  console.log(line)
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'karya-demo-'))
  undo.push(async () => rmSync(folder, { recursive: true, force: true }))
  const streamName = `DEMO_${randomBytes(4).toString('hex').toUpperCase()}`
  const nats = await provideNats({ streamName })
  undo.push(nats.release)
  say(`NATS         ${nats.address}, ${nats.wasThere ? 'which was there' : 'started for this'}`)
  const administrator = { email: 'admin@karya.test', password: randomBytes(12).toString('base64url') }
  const shared = {
    NATS_URL: nats.address,
    NATS_STREAM: streamName,
    JWT_SECRET: randomBytes(36).toString('base64url'),
    LOG_LEVEL: 'warn',
    RATE_LIMIT_AUTH: 'off',
  }

  /** Starts a service and says where it is. */
  async function start({ name, modules, environment = {} }) {
    const began = performance.now()
    const settings = { ...shared, ...environment }
    const service = await startService({ name, modules, folder: join(folder, name), environment: settings })
    undo.push(service.stop)
    const seconds = ((performance.now() - began) / 1_000).toFixed(1)
    say(`${name.padEnd(12)} ${service.url}, started in ${seconds} s: KARYA_MODULES=${modules.join(',')}`)
    return service
  }

  await tellStory({
    administrator,
    say,
    startOffice: async () =>
      await start({
        name: 'office',
        modules: moduleNames.filter((name) => name !== 'tasks'),
        environment: { ADMIN_EMAIL: administrator.email, ADMIN_PASSWORD: administrator.password },
      }),
    startTasks: async () => await start({ name: 'tasks', modules: ['tasks'] }),
  })
}

let ending

/** Ends what was started, the last one first; only once, whoever asks. */
async function end() {
  ending ??= (async () => {
    for (const step of undo.toReversed()) {
      await step().catch((error) => {
        console.error(`could not clean up: ${error.message}`)
        process.exitCode = 1
      })
    }
  })()
  await ending
}

for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
]) {
  process.once(signal, () => void end().then(() => process.exit(128 + number)))
}

try {
  await main()
  await end()
  say(`All of it came out as told, in ${((performance.now() - startedAt) / 1_000).toFixed(1)} s.`)
} catch (error) {
  console.error(`demo: ${error.message}`)
  await end()
  process.exitCode = 1
}
