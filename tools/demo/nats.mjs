/** NATS for a demonstration: the one that runs already, else one that is started for it and ended with it. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import { findInUse, stopService } from '../services/lifecycle.mjs'
import { nats } from '../services/nats.mjs'
import { readState } from '../services/state.mjs'

const SERVICES = fileURLToPath(new URL('../services.mjs', import.meta.url))

/** Answers where NATS is, and `release`, which leaves it as it was found. */
export async function provideNats({ streamName }) {
  const wasThere = (await findInUse({ service: nats, state: readState(), say: () => {} })) !== undefined
  execFileSync(process.execPath, [SERVICES, 'up', nats.name], { stdio: ['ignore', 'ignore', 'pipe'] })
  const { address } = readState()[nats.name]
  return {
    address,
    wasThere,
    async release() {
      await deleteStream(address, streamName)
      if (!wasThere) await stopService({ service: nats, state: readState() })
    },
  }
}

async function deleteStream(address, name) {
  const connection = await connect({ servers: [address] })
  try {
    const manager = await jetstreamManager(connection)
    for await (const stream of manager.streams.list()) {
      if (stream.config.name === name) await manager.streams.delete(name)
    }
  } finally {
    await connection.close()
  }
}
