import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { kafka } from '../../tools/services/kafka.mjs'
import { findProgram } from '../../tools/services/programs.mjs'
import { servicesFolder } from '../../tools/services/state.mjs'
import { freePort } from './server-process.ts'

/** What `tools/services.mjs up` has fetched; a broker of the test's own fetches nothing. */
const LIBRARIES = join(servicesFolder, 'kafka', 'lib')
/** A busy machine takes several times the usual fifteen seconds. */
const START_LIMIT_MS = 120_000

/** Why there can be no Kafka of the test's own; null when there can. */
export const kafkaMissing: string | null = findMissing()

export type KafkaProcess = {
  readonly port: number
  /** As `KAFKA_BROKERS` has it. */
  readonly broker: string
  /** As if the power had gone; what is on disk stays. Resolves when it has ended. */
  readonly kill: () => Promise<void>
  /** Starts it again after `kill`, on the same port, with what is on disk. */
  readonly start: () => Promise<void>
  /** Hangs it: connections stay open, nothing answers. */
  readonly pause: () => void
  readonly resume: () => void
  /** Kills it and deletes what it kept. */
  readonly remove: () => Promise<void>
}

/** A Kafka of the test's own, to be killed and hung without disturbing anybody; it takes some fifteen seconds. */
export async function startKafkaProcess({
  isStarted = true,
}: {
  /** False: it is first started by `start`. */
  readonly isStarted?: boolean
} = {}): Promise<KafkaProcess> {
  const home = await mkdtemp(join(tmpdir(), 'karya-kafka-'))
  await symlink(LIBRARIES, join(home, 'lib'))
  await kafka.prepare({ home })
  const port = await freePort()
  const broker = `127.0.0.1:${port}`
  let child: ChildProcess | null = null

  async function start(): Promise<void> {
    const [program, args] = await kafka.command({ home, port })
    child = spawn(program, args, { cwd: home, stdio: 'ignore' })
    const deadline = performance.now() + START_LIMIT_MS
    while (!hasEnded(child) && performance.now() < deadline) {
      if (await isAnswering(broker)) return
      await delay(100)
    }
    throw new Error('Kafka did not start')
  }

  async function kill(): Promise<void> {
    if (child === null) return
    const ended = hasEnded(child) ? null : once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    child = null
  }

  async function remove(): Promise<void> {
    await kill()
    await rm(home, { recursive: true, force: true })
  }

  try {
    if (isStarted) await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    port,
    broker,
    kill,
    start,
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    remove,
  }
}

function findMissing(): string | null {
  if (findProgram('java') === undefined) return 'there is no Java on this machine'
  return existsSync(LIBRARIES) ? null : 'Kafka was not fetched; `node tools/services.mjs up` does that'
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

async function isAnswering(broker: string): Promise<boolean> {
  return await kafka.answers(broker).then(
    () => true,
    () => false,
  )
}
