import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { JournalEntry } from './checker/journal.ts'
import type { Client } from './client.ts'
import { stockUp } from './journey.ts'

/** Buyers and goods, so that orders can be placed. */
export type Market = {
  readonly administrator: string
  readonly buyers: readonly { readonly email: string; readonly token: string }[]
  readonly products: readonly string[]
}

/** Puts three products on sale and registers buyers who read Indonesian and English. */
export async function openMarket(
  client: Client,
  { administrator, buyers, stock }: { administrator: string; buyers: number; stock: number },
): Promise<Market> {
  const products = await stockUp(client, administrator, [stock, stock, stock])
  const people: { email: string; token: string }[] = []
  for (let index = 0; index < buyers; index += 1) people.push(await registerBuyer(client))
  return { administrator, buyers: people, products }
}

export async function registerBuyer({ ask }: Client): Promise<{ email: string; token: string }> {
  const email = `buyer-${randomUUID()}@karya.test`
  const { status, text, body } = await ask('/api/v1/auth/register', {
    method: 'POST',
    body: { name: 'Siti', email, password: 'kopi pagi di beranda' },
  })
  if (status !== 201) throw new Error(`could not register: ${text}`)
  return { email, token: body.access_token }
}

/** What became of the questions so far. */
export type OrderLoad = {
  readonly journal: readonly JournalEntry[]
  /** The order's id by its number. */
  readonly acknowledged: ReadonlyMap<number, string>
  /** How often each status was answered; `broken` is a connection that ended without an answer. */
  readonly statuses: ReadonlyMap<number | 'broken', number>
  /** Answers 503 without `Retry-After`. */
  readonly withoutRetryAfter: () => number
  readonly slowestMs: () => number
  /** Ends the load before all orders were placed; those under way are finished. */
  readonly stop: () => void
  /** Resolves when every order is acknowledged. Rejects at an answer that no repetition would mend. */
  readonly done: Promise<unknown>
}

type OrderOptions = Market & {
  /** One for each process; a question that got no order is repeated at the next. */
  readonly clients: readonly Client[]
  readonly orders: number
  readonly concurrency: number
  /** As fast as the clients can when it is not said. */
  readonly perSecond?: number
}

/** So long a client waits for an answer before it asks again, with the same key, at another process. */
const PATIENCE_MS = 8_000
const REPEATED = new Set([409, 429, 500, 502, 503])

/** Places orders of one to three lines and repeats, under the same key, whatever was not acknowledged. */
export function placeOrders(options: OrderOptions): OrderLoad {
  const { clients, orders, concurrency, perSecond, buyers, products } = options
  const journal: JournalEntry[] = []
  const acknowledged = new Map<number, string>()
  const statuses = new Map<number | 'broken', number>()
  const startedAt = performance.now()
  const load = randomUUID()
  let withoutRetryAfter = 0
  let slowestMs = 0
  let next = 0
  const stopped = new AbortController()

  async function ask(order: number, attempt: number): Promise<void> {
    const client = clients[(order + attempt) % clients.length]
    const lines = products.slice(0, 1 + (order % products.length)).map((id) => ({ id, qty: 1 + (order % 3) }))
    const askedAt = performance.now()
    const key = `${load}-${order}`
    const reply = await client
      ?.ask('/api/v1/transactions', {
        method: 'POST',
        token: buyers[order % buyers.length]?.token ?? '',
        body: { products: lines },
        headers: { 'idempotency-key': key },
        timeoutMs: PATIENCE_MS,
      })
      .catch(() => null)
    slowestMs = Math.max(slowestMs, performance.now() - askedAt)
    const status = reply?.status ?? 'broken'
    statuses.set(status, (statuses.get(status) ?? 0) + 1)
    journal.push({ key, status: reply?.status ?? null, id: reply?.status === 201 ? reply.body.id : null })
    if (reply?.status === 201) acknowledged.set(order, reply.body.id)
    else if (reply?.status === 503 && !/^\d+$/.test(String(reply.headers['retry-after'])))
      withoutRetryAfter += 1
    else if (reply && !REPEATED.has(reply.status)) throw new Error(`${reply.status}: ${reply.text}`)
  }

  async function buy(): Promise<void> {
    for (let order = next++; order < orders && !stopped.signal.aborted; order = next++) {
      const dueAt = perSecond === undefined ? 0 : startedAt + (order * 1_000) / perSecond
      if (dueAt > performance.now()) await delay(dueAt - performance.now())
      for (
        let attempt = 0;
        !acknowledged.has(order) && !(attempt > 50 && stopped.signal.aborted);
        attempt += 1
      ) {
        if (attempt > 0) await delay(20 + Math.random() * 60)
        await ask(order, attempt)
      }
    }
  }

  return {
    journal,
    acknowledged,
    statuses,
    withoutRetryAfter: () => withoutRetryAfter,
    slowestMs: () => slowestMs,
    stop: () => stopped.abort(),
    done: Promise.all(Array.from({ length: concurrency }, buy)),
  }
}
