/**
 * How long an event takes from the answer that its change is committed to its effect, at a steady rate; and how fast
 * waiting events are worked off:
 *
 *   node karya.mjs --run bench/events.mjs [--rate=200] [--seconds=10] [--waiting=20000] [--engine=sqlite] [--carrier=nats]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { systemIds } from '#platform/id'
import { engines } from '#tests/backends'
import { createClient } from '#tests/client'
import { signInAsAdministrator } from '#tests/journey'
import { carriers } from '#tests/load-carriers'
import { until } from '#tests/load-fleet'
import { setScene } from '#tests/load-journey'
import { openMarket } from '#tests/load-orders'
import { startServerProcess } from '#tests/server-process'
import { percentile } from './support/figures.mjs'
import { cpuMicroseconds } from './support/load.mjs'

const { values } = parseArgs({
  strict: false,
  options: {
    rate: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '10' },
    warmup: { type: 'string', default: '3' },
    waiting: { type: 'string', default: '20000' },
    engine: { type: 'string', default: '' },
    carrier: { type: 'string', default: '' },
  },
})
/** An order of one line is two events, its own and that of the stock; the notices of them are not counted. */
const EVENTS_PER_ORDER = 2
const RATE = Number(values.rate) / EVENTS_PER_ORDER
const SECONDS = Number(values.seconds)
const WARMUP = Number(values.warmup)
const WAITING = Number(values.waiting)
/** The look for effects costs something itself, so it is not done all the time. */
const LOOK_MS = 2
/** As many rows as every engine takes in one statement. */
const CHUNK = 500
/** Orders have an effect here: what is written of them in the inbox belongs to the same transaction. */
const CONSUMER = 'notifications.orders'

const combinations = engines
  .flatMap((backend) => carriers.map((carrier) => ({ backend, carrier })))
  .map((one) => ({ ...one, name: `${one.backend.engine}+${one.carrier.name}`.toLowerCase() }))
  .filter(({ name }) => name.includes(String(values.engine).toLowerCase()))
  .filter(({ name }) => name.endsWith(`+${String(values.carrier).toLowerCase()}`) || values.carrier === '')

for (const { backend, carrier, name } of combinations) {
  const missing = backend.missing ?? carrier.missing
  if (missing !== null) {
    console.log(`${name}: left out, ${missing}`)
    continue
  }
  const scene = await setScene(backend, carrier)
  try {
    const server = await startServerProcess(scene.environment)
    try {
      if (SECONDS > 0) console.log(`${name.padEnd(20)} ${await measureLatency(scene, server)}`)
    } finally {
      server.kill('SIGTERM')
      await server.ended
    }
    if (WAITING > 0) console.log(`${name.padEnd(20)} ${await measureDraining(scene)}`)
  } finally {
    await scene.remove()
  }
}

/** Orders at fixed times, whatever the server does, by a new connection's worth of clients as needed. */
async function measureLatency({ db }, server) {
  const client = createClient(server.url)
  const { token } = await signInAsAdministrator(client)
  const market = await openMarket(client, { administrator: token, buyers: 4, stock: 100_000_000 })
  const answeredAt = new Map()
  const seenAt = new Map()
  const looking = new AbortController()
  const looks = lookForEffects({ db, answeredAt, seenAt, stop: looking.signal })

  const running = []
  const startedAt = performance.now()
  let cpu = 0
  for (let sent = 0; sent < RATE * (WARMUP + SECONDS); sent += 1) {
    const dueAt = startedAt + (sent * 1_000) / RATE
    if (dueAt > performance.now()) await delay(dueAt - performance.now())
    if (sent === RATE * WARMUP) cpu = cpuMicroseconds([server.pid])
    running.push(order(sent))
  }
  async function order(number) {
    const { status, text, body } = await client.ask('/api/v1/transactions', {
      method: 'POST',
      token: market.buyers[number % market.buyers.length].token,
      body: { products: [{ id: market.products[number % market.products.length], qty: 1 }] },
    })
    if (status !== 201) throw new Error(text)
    if (number >= RATE * WARMUP) answeredAt.set(`order/${body.id}`, performance.now())
  }
  await Promise.all(running)
  cpu = cpuMicroseconds([server.pid]) - cpu
  await until(async () => [...answeredAt.keys()].every((subject) => seenAt.has(subject)), {
    limitMs: 60_000,
    what: 'every order has had its effect',
  })
  looking.abort()
  await looks
  client.close()
  const latencies = [...answeredAt].map(([subject, at]) => Math.max(0, seenAt.get(subject) - at))
  const figures = [50, 99, 100].map((part) => percentile(latencies, part).toFixed(1))
  return `${values.rate} events/s: commit to effect p50 ${figures[0]} ms, p99 ${figures[1]} ms, at most ${figures[2]} ms; ${(cpu / SECONDS / 10_000).toFixed(0)} % of a core in the server`
}

/** Looks every few milliseconds for inbox rows that were not there before; what it sees is committed. */
async function lookForEffects({ db, answeredAt, seenAt, stop }) {
  while (!stop.aborted) {
    const unseen = [...answeredAt].filter(([subject]) => !seenAt.has(subject)).map(([, at]) => at)
    // Ids begin with the time of the order, so what is new stands at the end of the key.
    const sinceMs =
      performance.timeOrigin + Math.min(performance.now() - 300, ...unseen.map((at) => at - 1_000))
    const rows = await db
      .selectFrom('inbox')
      .select('subject')
      .where('consumer', '=', CONSUMER)
      .where('event_id', '>', idAt(Math.floor(sinceMs)))
      .execute()
    const now = performance.now()
    for (const { subject } of rows) if (!seenAt.has(subject)) seenAt.set(subject, now)
    await delay(LOOK_MS)
  }
}

/** The lowest UUIDv7 of a time (RFC 9562). */
function idAt(timeMs) {
  const hex = timeMs.toString(16).padStart(12, '0')
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`
}

/** Events of as many new users, written while no process runs; each has its copy written in `people`. */
async function measureDraining({ db, environment }) {
  const pattern = await db
    .selectFrom('outbox')
    .selectAll()
    .where('type', '=', 'user.registered')
    .limit(1)
    .executeTakeFirstOrThrow()
  for (let written = 0; written < WAITING; written += CHUNK) {
    const rows = Array.from({ length: Math.min(CHUNK, WAITING - written) }, () => {
      const id = systemIds.next()
      const data = { ...JSON.parse(pattern.data), id, email: `${id}@karya.test` }
      return {
        ...pattern,
        id: systemIds.next(),
        subject: `user/${id}`,
        data: JSON.stringify(data),
        occurred_at: new Date(),
        position: null,
      }
    })
    await db.insertInto('outbox').values(rows).execute()
  }
  const count = async () => {
    const { count: rows } = await db
      .selectFrom('inbox')
      .select((eb) => eb.fn.countAll().as('count'))
      .where('consumer', '=', 'people')
      .executeTakeFirstOrThrow()
    return Number(rows)
  }
  const before = await count()
  // A server that has much to do begins with it while it starts.
  const starting = startServerProcess(environment)
  await until(async () => (await count()) > before, { limitMs: 60_000, what: 'the first effect', everyMs: 5 })
  const first = await count()
  const startedAt = performance.now()
  await until(async () => (await count()) >= before + WAITING, {
    limitMs: 300_000,
    what: 'all waiting events have had their effect',
    everyMs: 20,
  })
  const seconds = (performance.now() - startedAt) / 1_000
  const server = await starting
  // With the start, which is measured by itself elsewhere.
  const spent = cpuMicroseconds([server.pid]) / WAITING
  server.kill('SIGTERM')
  await server.ended
  const handled = before + WAITING - first
  return `${WAITING} waiting: ${(handled / seconds).toFixed(0)} events/s, ${spent.toFixed(0)} µs of the server each, the start included`
}
