import { moduleNames } from '../../server/config.ts'
import type { Backend } from './backends.ts'
import { check, KNOWN_LISTENERS } from './checker/check.ts'
import { isAmong, type Listener } from './checker/inbox.ts'
import type { Violation } from './checker/violation.ts'
import { drain } from './load-backlog.ts'
import type { BrokerProcess } from './load-carriers.ts'
import { type Fleet, startFleet, until } from './load-fleet.ts'
import { type Scene, setScene } from './load-journey.ts'

/** One service: its processes, and what there is to see of it from outside. */
export type Service = {
  readonly name: 'office' | 'tasks'
  readonly scene: Scene
  readonly fleet: Fleet
}

/** The office (everything but tasks) and the tasks, on databases of their own, with NATS between them. */
export type ServicePair = {
  readonly broker: BrokerProcess
  readonly office: Service
  readonly tasks: Service
  /** Waits until each has heard everything of the other and of itself, and answers how long that took. */
  readonly converge: (limitMs: number) => Promise<number>
  /** What the checker says of both, each name before it. */
  readonly judge: () => Promise<string[]>
  readonly remove: () => Promise<void>
}

type PairOptions = {
  readonly backends: { readonly office: Backend; readonly tasks: Backend }
  readonly broker: BrokerProcess
  /** Of each service. */
  readonly processes: number
}

export async function startServicePair({ backends, broker, processes }: PairOptions): Promise<ServicePair> {
  const undo: (() => Promise<unknown>)[] = []
  const remove = async () => {
    for (const step of undo.splice(0).toReversed()) await step()
  }

  async function start(name: Service['name'], modules: readonly string[]): Promise<Service> {
    const scene = await setScene(backends[name], {
      provide: async () => ({ ...broker, remove: async () => {} }),
    })
    undo.push(scene.remove)
    const environment = { ...scene.environment, KARYA_MODULES: modules.join(',') }
    const fleet = await startFleet({ environment, processes })
    undo.push(fleet.stop)
    return { name, scene, fleet }
  }

  try {
    const office = await start(
      'office',
      moduleNames.filter((name) => name !== 'tasks'),
    )
    const tasks = await start('tasks', ['tasks'])
    const both = [office, tasks]
    return {
      broker,
      office,
      tasks,
      async converge(limitMs) {
        const startedAt = performance.now()
        for (const { scene, fleet } of both) await drain(scene.db, { limitMs, output: fleet.output })
        const isTold = async () =>
          (await countUntold(office, tasks)) === 0 && (await countUntold(tasks, office)) === 0
        await until(isTold, { limitMs, what: 'each has heard everything of the other', everyMs: 100 })
        // What was heard last may have made news of its own.
        for (const { scene, fleet } of both) await drain(scene.db, { limitMs, output: fleet.output })
        await until(isTold, { limitMs, what: 'each has heard everything of the other', everyMs: 100 })
        return performance.now() - startedAt
      },
      async judge() {
        const violations: string[] = []
        for (const service of both) {
          const found = await judgeService(service)
          violations.push(
            ...found.map(({ invariant, message }) => `${service.name} ${invariant}: ${message}`),
          )
        }
        return violations
      },
      remove,
    }
  } catch (error) {
    await remove()
    throw error
  }
}

async function judgeService({ scene }: Service): Promise<readonly Violation[]> {
  return await check({
    environment: scene.environment,
    brokers: await scene.brokerLogs(),
    listeners: await listenersOf(scene),
  })
}

/** The consumers that are here, with what the checker knows of them. */
async function listenersOf({ db }: Scene): Promise<readonly Listener[]> {
  const here = await db.selectFrom('event_consumers').select('name').execute()
  return KNOWN_LISTENERS.filter((listener) => here.some(({ name }) => name === listener.name))
}

/** How many events of one service have not been handled yet by a consumer of the other that listens to them. */
async function countUntold(from: Service, to: Service): Promise<number> {
  const told = await from.scene.db.selectFrom('outbox').select(['id', 'type']).execute()
  const rows = await to.scene.db.selectFrom('inbox').select(['consumer', 'event_id', 'due_at']).execute()
  const handled = new Set(
    rows.filter((row) => row.due_at === null).map((row) => `${row.consumer} ${row.event_id}`),
  )
  let missing = 0
  for (const { name, types } of await listenersOf(to.scene)) {
    missing += told.filter(({ id, type }) => isAmong(types, type) && !handled.has(`${name} ${id}`)).length
  }
  return missing
}
