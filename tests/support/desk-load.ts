import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { InvgateSimulator } from '#simulators/invgate'
import type { Said, SeenAnswer, SeenWrite } from './checker/desk.ts'
import type { Client, Reply } from './client.ts'
import type { Desk, Story } from './desk-stories.ts'

type LoadOptions = {
  /** One for each process; a request without an answer is repeated at the next. */
  readonly clients: readonly Client[]
  readonly sim: InvgateSimulator
  /** Of somebody at the desk. */
  readonly agent: string
  readonly tickets: number
  /** Each ticket has the next one. */
  readonly stories: readonly Story[]
  /** They are asked for evenly over so long. */
  readonly lastingMs: number
  readonly random: () => number
  readonly isOut: () => boolean
  /** Whether InvGate answers as it should again. */
  readonly isOver: () => boolean
  /** Ends it before its time. */
  readonly signal: AbortSignal
}

export type DeskLoad = {
  readonly answers: readonly SeenAnswer[]
  readonly writes: readonly SeenWrite[]
  readonly said: readonly Said[]
  /** How often a request for a ticket that was sent while InvGate took no connection was answered what, and how late. */
  readonly duringOutage: { readonly statuses: Map<string, number>; slowestMs: number }
  /** Resolves when every story is told to its end. */
  readonly done: Promise<unknown>
}

type Asked = {
  readonly method: string
  readonly path: string
  readonly token?: string
  readonly body: object
}

/** Longer than the server itself waits for InvGate. */
const PATIENCE_MS = 40_000
const CUSTOMERS = 12

/** Opens tickets, and does with each what one of the stories says, repeating under its key whatever got no answer. */
export function openTickets(options: LoadOptions): DeskLoad {
  const { clients, sim, agent, tickets, stories, lastingMs, random, isOut, isOver, signal } = options
  const answers: SeenAnswer[] = []
  const writes: SeenWrite[] = []
  const said: Said[] = []
  const duringOutage: DeskLoad['duringOutage'] = { statuses: new Map(), slowestMs: 0 }
  const startedAt = performance.now()

  /** Asks until there is an answer; `note` hears of each, and of a broken connection as null. */
  async function askUntilAnswered(asked: Asked, note: (reply: Reply | null) => void): Promise<Reply> {
    const { path, ...question } = asked
    const headers = { 'idempotency-key': randomUUID() }
    for (let attempt = Math.floor(random() * clients.length); ; attempt += 1) {
      const reply =
        (await clients[attempt % clients.length]
          ?.ask(path, { ...question, headers, timeoutMs: PATIENCE_MS })
          .catch(() => null)) ?? null
      note(reply)
      const isAnswer = reply !== null && reply.status !== 503 && reply.body?.code !== 'idempotency_key_in_use'
      if (isAnswer) return reply
      await delay(reply === null ? 50 + random() * 100 : 1_000, undefined, { signal })
    }
  }

  async function create(title: string, token: string): Promise<string> {
    const body = { title, description: `Air menetes <dari> bawah & "samping": ${title}` }
    let [wasOut, askedAt] = [isOut(), performance.now()]
    const reply = await askUntilAnswered({ method: 'POST', path: '/api/v1/tickets', token, body }, (each) => {
      answers.push(toAnswer(title, each))
      if (wasOut && isOut()) {
        const status = String(each?.status ?? 'broken')
        duringOutage.statuses.set(status, (duringOutage.statuses.get(status) ?? 0) + 1)
        if (each !== null)
          duringOutage.slowestMs = Math.max(duringOutage.slowestMs, performance.now() - askedAt)
      }
      ;[wasOut, askedAt] = [isOut(), performance.now()]
    })
    const id: unknown = reply.body?.id ?? reply.body?.ticket_id
    if (typeof id !== 'string') throw new Error(`no ticket in ${reply.status} ${reply.text}`)
    return id
  }

  async function tell(index: number, customer: string): Promise<void> {
    await delay(Math.max(0, startedAt + (index * lastingMs) / tickets - performance.now()))
    const title = `Tiket ${index} ${randomUUID()}`
    const id = await create(title, customer)
    const desk: Desk = {
      rating: 1 + (index % 5),
      pause: async () => await delay(random() * 3_000),
      async write({ by, method = 'POST', path, body, says }) {
        const asked = {
          method,
          path: `/api/v1/tickets/${id}${path}`,
          token: by === 'agent' ? agent : customer,
          body,
        }
        const { status } = await askUntilAnswered(asked, (reply) =>
          writes.push({ what: `${by} ${path}`, status: reply?.status ?? null, text: reply?.text ?? '' }),
        )
        if (says !== undefined && status < 300) said.push({ title, text: says })
      },
      async atInvgate(work, ...words) {
        for (;;) {
          const incident = sim.store.incidents().find((each) => each.title === title)
          if (incident !== undefined) {
            work(sim.agent, incident.id)
            said.push(...words.map((text) => ({ title, text })))
            return
          }
          if (isOver()) return
          await delay(500, undefined, { signal })
        }
      },
    }
    await stories[index % stories.length]?.(desk)
  }

  async function register(): Promise<string> {
    const email = `desk-${randomUUID()}@karya.test`
    const asked = { method: 'POST', path: '/api/v1/auth/register' }
    const body = { name: 'Siti', email, password: 'kopi pagi di beranda' }
    const reply = await askUntilAnswered({ ...asked, body }, () => {})
    if (reply.status !== 201) throw new Error(`could not register: ${reply.text}`)
    return reply.body.access_token
  }

  async function begin(): Promise<void> {
    // They register while everything goes wrong already.
    const customers = Array.from({ length: CUSTOMERS }, register)
    await Promise.all(
      Array.from({ length: tickets }, async (_, index) => {
        await tell(index, (await customers[index % CUSTOMERS]) ?? '')
      }),
    )
  }

  return { answers, writes, said, duringOutage, done: begin() }
}

function toAnswer(title: string, reply: Reply | null): SeenAnswer {
  const body: unknown = reply?.body
  const read = (name: string): unknown =>
    typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
  return {
    title,
    status: reply?.status ?? null,
    ticketId: text(read('id') ?? read('ticket_id')),
    invgateId: text(read('inv_gate_id')),
    code: text(read('code')),
    error: text(read('error')),
  }
}
