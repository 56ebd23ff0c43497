import { setTimeout as delay } from 'node:timers/promises'
import type { Client, Reply } from './client.ts'
import { signInAsAdministrator, stockUp } from './journey.ts'
import type { ServicePair } from './service-pair.ts'

const PASSWORD = 'correct horse battery'
/** A process that died without a word is found out by asking again. */
const PATIENCE_MS = 5_000
const TTL_S = 1
const KNOWN_PEOPLE = 4
const AT_ONCE = 4

export type Ledger = {
  /** Tasks that were acknowledged, by their title, which no two of them share. */
  readonly opened: ReadonlyMap<string, string>
  /** Of those, by id. */
  readonly deleted: ReadonlySet<string>
  readonly done: ReadonlySet<string>
  readonly expiring: ReadonlySet<string>
  /** People who were registered at the office, by id. */
  readonly people: ReadonlySet<string>
}

export type PairLoad = {
  readonly ledger: Ledger
  /** How often each answer came, as `office 201`; `office broken` is a connection that ended. */
  readonly statuses: ReadonlyMap<string, number>
  readonly stop: () => void
  /** Resolves when all that was begun has been acknowledged; rejects at an answer that nobody may get. */
  readonly done: Promise<unknown>
}

type Person = { readonly id: string; readonly token: string }
type Wish = {
  readonly method: string
  readonly token?: string
  readonly body?: object
  readonly key?: string
}

/** People come and go at the office and work at the tasks, each acknowledged once, however often it has to be asked for. */
export async function useBoth(
  { office, tasks }: ServicePair,
  { perSecond }: { readonly perSecond: number },
): Promise<PairLoad> {
  const stopped = new AbortController()
  const statuses = new Map<string, number>()
  const ledger = {
    opened: new Map<string, string>(),
    deleted: new Set<string>(),
    done: new Set<string>(),
    expiring: new Set<string>(),
    people: new Set<string>(),
  }
  const run = Math.random().toString(36).slice(2)
  let asked = 0

  /** Asks one process after the other until one has answered; a broken connection leaves open what was done. */
  async function ask(service: typeof office, path: string, wish: Wish): Promise<Reply> {
    const { method, token, body, key } = wish
    for (;;) {
      const client: Client | undefined = service.fleet.clients[asked++ % service.fleet.clients.length]
      const reply = await client
        ?.ask(path, {
          method,
          timeoutMs: PATIENCE_MS,
          ...(token === undefined ? {} : { token }),
          ...(body === undefined ? {} : { body }),
          ...(key === undefined ? {} : { headers: { 'idempotency-key': `${run}-${key}` } }),
        })
        .catch(() => null)
      const name = `${service.name} ${reply?.status ?? 'broken'}`
      statuses.set(name, (statuses.get(name) ?? 0) + 1)
      if (reply) return reply
      await delay(50)
    }
  }

  async function must(service: typeof office, path: string, wish: Wish): Promise<Reply> {
    const reply = await ask(service, path, wish)
    // What was deleted before the connection broke is not there any more when it is asked for again.
    const isGone = wish.method === 'DELETE' && reply.status === 404
    if (reply.status >= 300 && !isGone)
      throw new Error(`${service.name} ${wish.method} ${path}: ${reply.status} ${reply.text}`)
    return reply
  }

  const [first] = office.fleet.clients
  if (first === undefined) throw new RangeError('there are no processes')
  const admin = await signInAsAdministrator(first)

  async function register(name: string): Promise<Person> {
    const email = `${name}-${run}@karya.test`
    const wish = {
      method: 'POST',
      body: { name, email, password: PASSWORD },
      key: `register ${name}`.replace(' ', '-'),
    }
    const { body } = await must(office, '/api/v1/auth/register', wish)
    const credentials = { email, password: PASSWORD, token_delivery: 'body' }
    const signedIn = await must(office, '/api/v1/auth/login', { method: 'POST', body: credentials })
    const id = String(signedIn.body.user?.id ?? body.id)
    ledger.people.add(id)
    return { id, token: signedIn.body.access_token }
  }

  async function open(title: string, by: Person, fields: object = {}): Promise<string> {
    const wish = { method: 'POST', token: by.token, body: { title, ...fields }, key: title }
    const { body } = await must(tasks, '/api/v1/tasks', wish)
    ledger.opened.set(title, body.id)
    return body.id
  }

  const [product] = await stockUp(first, admin.token, [100_000])
  const known: Person[] = []
  for (let index = 0; index < KNOWN_PEOPLE; index += 1) known.push(await register(`Known-${index}`))
  const anybody = (index: number): Person => known[index % known.length] ?? { id: '', token: '' }

  /** What happens at the office: somebody comes, is renamed, and may be sent away; who is new opens a task at once. */
  async function comeAndGo(index: number): Promise<void> {
    const newcomer = await register(`New-${index}`)
    await open(`first-${index}`, newcomer)
    const url = `/api/v1/users/${newcomer.id}`
    const change = async (body: object) =>
      await must(office, url, { method: 'PATCH', token: admin.token, body })
    await change({ name: `Renamed ${index}` })
    if (index % 3 === 1) await change({ disabled: true })
    if (index % 3 === 2) await must(office, url, { method: 'DELETE', token: admin.token })
  }

  /** What happens at the tasks: one is opened for somebody else, and comes to one end or another. */
  async function work(index: number): Promise<void> {
    const [owner, assignee] = [anybody(index), anybody(index + 1)]
    const isExpiring = index % 4 === 3
    const fields = { assignee_id: assignee.id, ...(isExpiring ? { ttl_seconds: TTL_S } : {}) }
    const id = await open(`task-${index}`, owner, fields)
    const url = `/api/v1/tasks/${id}`
    if (isExpiring) {
      ledger.expiring.add(id)
      return
    }
    await must(tasks, url, { method: 'PATCH', token: assignee.token, body: { progress: 50 } })
    if (index % 4 === 1) {
      await must(tasks, url, { method: 'PATCH', token: assignee.token, body: { status: 'done' } })
      ledger.done.add(id)
    }
    if (index % 4 === 2) {
      await must(tasks, url, { method: 'DELETE', token: owner.token })
      ledger.deleted.add(id)
    }
  }

  /** What joins the two: a task on an order, which is done when its buyer cancels that. */
  async function cancelAnOrder(index: number): Promise<void> {
    const buyer = anybody(index)
    const orders = '/api/v1/transactions'
    const wish = { method: 'POST', token: buyer.token }
    const bought = { products: [{ id: product, qty: 1 }] }
    const { body: order } = await must(office, orders, { ...wish, body: bought, key: `order-${index}` })
    const record = { kind: 'order', id: order.id, closes_on: 'cancelled' }
    ledger.done.add(await open(`order-${index}`, buyer, { record }))
    await must(office, `${orders}/${order.id}/cancel`, { ...wish, body: {}, key: `cancel-${index}` })
  }

  /** Does it so often a second, with several under way where it takes long. */
  async function repeat(act: (index: number) => Promise<void>, rate: number): Promise<void> {
    const startedAt = performance.now()
    let next = 0
    const goOn = async (): Promise<void> => {
      const index = next++
      const dueAt = startedAt + (index * 1_000) / rate
      if (dueAt > performance.now()) await delay(dueAt - performance.now())
      if (stopped.signal.aborted) return
      await act(index)
      await goOn()
    }
    await Promise.all(Array.from({ length: AT_ONCE }, goOn))
  }

  return {
    ledger,
    statuses,
    stop: () => stopped.abort(),
    // Passwords are slow on purpose.
    done: Promise.all([
      repeat(comeAndGo, Math.max(perSecond / 8, 1)),
      repeat(cancelAnOrder, Math.max(perSecond / 8, 1)),
      repeat(work, perSecond),
    ]),
  }
}
