import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { PlatformTables } from '#platform/database/tables'
import type { Client } from './client.ts'

const BATCH = 100

export type PlannedTasks = {
  /** The first of them ends then. */
  readonly firstEndAt: Date
  readonly lastEndAt: Date
  /** Those that come to their end. */
  readonly expiring: readonly string[]
  /** Those that are done or cancelled before theirs, or were given another. */
  readonly spared: readonly string[]
}

type Plan = {
  readonly clients: readonly Client[]
  readonly token: string
  readonly tasks: number
  /** All ends lie within so long. */
  readonly windowMs: number
}

/** Opens tasks through all processes in turn, whose ends are spread evenly; a twentieth of them is spared. */
export async function openExpiringTasks(plan: Plan): Promise<PlannedTasks> {
  const { clients, token, tasks, windowMs } = plan
  const batchCount = Math.ceil(tasks / BATCH)
  const firstEnd = Date.now() + (await estimateLead(plan, batchCount))
  const bodies = Array.from({ length: tasks }, (_each, index) => ({
    title: `Tugas ${index}`,
    expires_at: new Date(firstEnd + Math.floor((index * windowMs) / tasks)).toISOString(),
    on_expire: ['mark', 'archive', 'delete'][index % 3],
  }))
  const batches = Array.from({ length: batchCount }, (_each, index) =>
    bodies.slice(index * BATCH, (index + 1) * BATCH),
  )
  const ids: string[] = []
  for (const [index, batch] of batches.entries())
    ids.push(...(await openBatch(plan, clients[index % clients.length], batch)))
  const spared = ids.filter((_id, index) => index % 20 === 7)
  for (const [index, id] of spared.entries()) {
    const change = [{ status: 'done' }, { status: 'cancelled' }, { expires_at: null }][index % 3]
    const client = clients[index % clients.length]
    const answer = await client?.ask(`/api/v1/tasks/${id}`, { method: 'PATCH', token, body: change })
    if (answer?.status !== 200) throw new Error(`a task could not be spared: ${answer?.text}`)
  }
  if (Date.now() > firstEnd) throw new Error('the tasks were not there in time: the lead is too short')
  return {
    firstEndAt: new Date(firstEnd),
    lastEndAt: new Date(firstEnd + windowMs),
    expiring: ids.filter((id) => !spared.includes(id)),
    spared,
  }
}

/** How long it takes until all of them are there and some are spared, judged by tasks that never end; in ms. */
async function estimateLead(plan: Plan, batchCount: number): Promise<number> {
  const startedAt = performance.now()
  const bodies = Array.from({ length: BATCH }, (_each, index) => ({ title: `Tanpa batas ${index}` }))
  await openBatch(plan, plan.clients[0], bodies)
  return 4_000 + (performance.now() - startedAt) * batchCount * 3
}

async function openBatch(
  { token }: Plan,
  client: Client | undefined,
  tasks: readonly object[],
): Promise<string[]> {
  const answer = await client?.ask('/api/v1/tasks/bulk', { method: 'POST', token, body: { tasks } })
  if (answer?.status !== 201) throw new Error(`the tasks could not be opened: ${answer?.text}`)
  return answer.body.data.map(({ id }: { id: string }) => id)
}

export type Expiry = {
  readonly taskId: string
  readonly count: number
  /** Between `expires_at` and `expired_at`, as the event tells them; negative for one that ended early. */
  readonly lateMs: number
  /** Between `expires_at` and the time of the event. */
  readonly toldLateMs: number
}

/** What the log tells of the ends of tasks: every task that has at least one. */
export async function readExpiries(db: Kysely<PlatformTables>): Promise<readonly Expiry[]> {
  const events = await db
    .selectFrom('outbox')
    .select(['subject', 'data', 'occurred_at'])
    .where('type', '=', 'task.expired')
    .execute()
  return [...Map.groupBy(events, ({ subject }) => subject)].map(([subject, told]) => {
    const times = told.map(({ data, occurred_at: at }) => {
      const task = JSON.parse(data)
      const end = Date.parse(task.expires_at)
      return { late: Date.parse(task.expired_at) - end, told: at.getTime() - end }
    })
    return {
      taskId: subject.replace('task/', ''),
      count: told.length,
      lateMs: furthest(times.map(({ late }) => late)),
      toldLateMs: furthest(times.map((time) => time.told)),
    }
  })
}

/** An early one counts before any late one. */
function furthest(times: readonly number[]): number {
  const least = Math.min(...times)
  return least < 0 ? least : Math.max(...times)
}

export async function waitUntil(time: Date): Promise<void> {
  await delay(Math.max(0, time.getTime() - Date.now()))
}

/** The value below which such a share of them lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}
