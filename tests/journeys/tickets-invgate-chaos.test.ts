import assert from 'node:assert/strict'
import process from 'node:process'
import { describe, it, type TestContext } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { type Backend, engines } from '#tests/backends'
import { type DeskEvidence, type DeskViolation, judgeDesk } from '#tests/checker/desk'
import { gatherDesk } from '#tests/checker/desk-evidence'
import { type DeskLoad, openTickets } from '#tests/desk-load'
import { type DeskMode, type DeskScene, setDeskScene } from '#tests/desk-scene'
import { stories } from '#tests/desk-stories'
import { makeTrouble } from '#tests/desk-trouble'
import { signInAsAdministrator } from '#tests/journey'
import { startFleet } from '#tests/load-fleet'
import { createSeeded } from '#tests/seeded'

/** For each combination of engine and mode. */
const TICKETS = Number(process.env['TICKETS'] ?? 40)
const KILLS = Number(process.env['KILLS'] ?? 4)
const HANG_MS = Number(process.env['HANG_MS'] ?? 20_000)
const OUTAGE_MS = Number(process.env['OUTAGE_MS'] ?? 5_000)
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 1_000_000))
const PROCESSES = 2
const LASTING_MS = OUTAGE_MS * 2 + KILLS * 2_000 + 5_000
/** The promise: so long after InvGate is back everything is the same on both sides. */
const SETTLED_WITHIN_MS = 60_000
/** So long the journey waits, to tell what it was instead. */
const PATIENCE_MS = 240_000

const USUAL = ['sqlite+deferred', 'postgres+sync', 'mysql+deferred']
const asked = (process.env['COMBINATIONS'] ?? USUAL.join()).toLowerCase().split(',')

// They wait more than they work, so they wait together.
describe('tickets and an InvGate of which nothing can be relied on', { concurrency: true }, () => {
  for (const backend of engines)
    for (const mode of ['sync', 'deferred'] as const) {
      if (!asked.includes('all') && !asked.includes(`${backend.engine}+${mode}`)) continue
      const title = `D4 D5 D6 D7 keeps ${TICKETS} tickets and their incidents 1:1 and alike through lost answers, refusals, hangs, an outage and ${KILLS} kill -9 (${backend.name}, ${mode})`
      it(title, { skip: backend.missing ?? false }, async (t) => await endure(t, { backend, mode }))
    }
})

async function endure(
  t: TestContext,
  { backend, mode }: { readonly backend: Backend; readonly mode: DeskMode },
): Promise<void> {
  const scene = await setDeskScene(backend, { mode, seed: SEED })
  const fleet = await startFleet({ environment: scene.environment, processes: PROCESSES })
  const [client] = fleet.clients
  assert.ok(client)
  const { token: agent } = await signInAsAdministrator(client)
  const ended = new AbortController()
  const common = { sim: scene.sim, lastingMs: LASTING_MS, signal: ended.signal }
  const load = openTickets({
    ...common,
    clients: fleet.clients,
    agent,
    tickets: TICKETS,
    stories,
    random: createSeeded(SEED + 1),
    isOut: () => trouble.isOut(),
    isOver: () => trouble.isOver(),
  })
  const trouble = makeTrouble({
    ...common,
    fleet,
    random: createSeeded(SEED),
    kills: KILLS,
    hangMs: HANG_MS,
    outageMs: OUTAGE_MS,
    hasBeenNoticed: () => ['201', '502'].some((status) => load.duringOutage.statuses.has(status)),
  })
  try {
    const recovered = trouble.over.then(() => performance.now())
    const retrying = recovered.then(
      async () => await retryByHand(scene, { client, agent, signal: ended.signal }),
    )
    // Whichever fails first is told of.
    for (const each of [retrying, load.done]) each.catch(() => {})
    const [recoveredAt] = await Promise.all([recovered, load.done])
    const settledMs = await settle(scene, { load, recoveredAt, output: fleet.output })
    // What hung is done by now, and nothing may come of it twice.
    await delay(Math.max(0, recoveredAt + HANG_MS + 10_000 - performance.now()))
    ended.abort()
    const retried = await retrying
    t.diagnostic(
      [
        `seed ${SEED}`,
        `${TICKETS} tickets, ${KILLS} kills, ${trouble.bursts()} bursts, an outage of ${OUTAGE_MS} ms`,
        `requests at InvGate ${scene.sim.journal.entries.length}`,
        `answers ${JSON.stringify(countBy(load.answers, ({ status }) => String(status)))}`,
        `errors ${JSON.stringify(countBy(load.answers, ({ error }) => error ?? 'none'))}`,
        `during the outage ${JSON.stringify(Object.fromEntries(load.duringOutage.statuses))}, the slowest after ${Math.round(load.duringOutage.slowestMs)} ms`,
        `other writes ${JSON.stringify(countBy(load.writes, ({ status }) => String(status)))}`,
        `${retried} refused by InvGate and retried by hand`,
        `everything was alike ${Math.round(settledMs)} ms after InvGate was back`,
      ].join('; '),
    )
    assert.deepEqual(await judge(scene, load), [])
    assert.ok(settledMs < SETTLED_WITHIN_MS, `both sides were alike only after ${settledMs} ms`)
    assert.deepEqual(
      await fleet.stop(),
      Array.from({ length: PROCESSES }, () => 0),
      fleet.output(),
    )
  } catch (error) {
    t.diagnostic(fleet.output().slice(-20_000))
    throw error
  } finally {
    ended.abort()
    await Promise.allSettled([trouble.over])
    for (const { kill } of fleet.servers()) kill('SIGKILL')
    await scene.remove()
  }
}

async function judge(scene: DeskScene, load: DeskLoad): Promise<readonly DeskViolation[]> {
  const kept = await gatherDesk(scene.db, scene.sim)
  const evidence: DeskEvidence = { mode: scene.mode, ...kept, ...load }
  return judgeDesk(evidence)
}

/** Waits until both sides are alike, and answers how long after the recovery that was. */
async function settle(
  scene: DeskScene,
  { load, recoveredAt, output }: { load: DeskLoad; recoveredAt: number; output: () => string },
): Promise<number> {
  for (;;) {
    const violations = await judge(scene, load)
    const settledMs = performance.now() - recoveredAt
    if (violations.length === 0) return settledMs
    if (settledMs > PATIENCE_MS) {
      const timers = await scene.db.selectFrom('timers').selectAll().orderBy('next_at').limit(20).execute()
      const details = `now ${new Date().toISOString()}, timers ${JSON.stringify(timers)}\n${output().slice(-3_000)}`
      assert.deepEqual(violations, [], `after ${settledMs} ms, ${details}`)
    }
    await delay(500)
  }
}

type Helping = {
  readonly client: { readonly ask: (path: string, question: object) => Promise<unknown> }
  readonly agent: string
  readonly signal: AbortSignal
}

/** What InvGate has refused waits for somebody at the desk, who has it tried again. */
async function retryByHand({ db }: DeskScene, { client, agent, signal }: Helping): Promise<number> {
  let retried = 0
  while (!signal.aborted) {
    const refused = await db
      .withTables<{ invgate_deliveries: { ticket_id: string; state: string } }>()
      .selectFrom('invgate_deliveries')
      .select('ticket_id')
      .where('state', '=', 'failed')
      .execute()
    for (const { ticket_id: id } of refused) {
      await client.ask(`/api/v1/tickets/${id}/sync/retry`, { method: 'POST', token: agent })
      retried += 1
    }
    await delay(1_000)
  }
  return retried
}

function countBy<Item>(items: readonly Item[], name: (item: Item) => string): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(items, name)].map(([key, all]) => [key, all.length]))
}
