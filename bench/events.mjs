/**
 * How long an event takes from the answer that its change is committed to its effect, at a steady rate; and how fast
 * waiting events are worked off:
 *
 *   node karya.mjs --run bench/events.mjs [--rate=200] [--seconds=10] [--waiting=20000] [--engine=sqlite] [--carrier=nats]
 *     [--load=users]
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
    load: { type: 'string', default: '' },
  },
})
const RATE = Number(values.rate)
const SECONDS = Number(values.seconds)
const WARMUP = Number(values.warmup)
const WAITING = Number(values.waiting)
/** The look for effects costs something itself, so it is not done all the time. */
const LOOK_MS = 2
/** As many rows as every engine takes in one statement. */
const CHUNK = 500
const USERS = 50
/**
 * What is changed, how many events it brings, and how its effects are seen. A user's event is one row in `people`. An
 * order of one line is three events: its own, that of the stock, and that of the notice which its buyer gets with a mail.
 */
const LOADS = [
  { name: 'users', events: 1, open: openDirectory, lookFor: lookForCopies },
  { name: 'orders', events: 3, open: openShop, lookFor: lookForNotices },
]

const combinations = engines
  .flatMap((backend) => carriers.map((carrier) => ({ backend, carrier })))
  .map((one) => ({ ...one, name: `${one.backend.engine}+${one.carrier.name}`.toLowerCase() }))
  .filter(({ name }) => name.includes(String(values.engine).toLowerCase()))
  .filter(({ name }) => name.endsWith(`+${String(values.carrier).toLowerCase()}`) || values.carrier === '')

const loads = LOADS.filter(({ name }) => SECONDS > 0 && name.startsWith(String(values.load)))

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
      for (const load of loads) console.log(`${name.padEnd(20)} ${await measureLatency(scene, server, load)}`)
    } finally {
      server.kill('SIGTERM')
      await server.ended
    }
    if (WAITING > 0) console.log(`${name.padEnd(20)} ${await measureDraining(scene)}`)
  } finally {
    await scene.remove()
  }
}

/** Each opens what it changes and answers with a change that says which subject its event has. */
async function openShop(client, administrator) {
  const market = await openMarket(client, { administrator, buyers: 4, stock: 100_000_000 })
  return async (number) => {
    const { status, text, body } = await client.ask('/api/v1/transactions', {
      method: 'POST',
      token: market.buyers[number % market.buyers.length].token,
      body: { products: [{ id: market.products[number % market.products.length], qty: 1 }] },
    })
    if (status !== 201) throw new Error(text)
    return `order/${body.id}`
  }
}

/** A user's event says which version of the user it brings. */
async function openDirectory(client, token) {
  const ids = []
  for (let made = 0; made < USERS; made += 1) {
    const email = `pengguna-${made}@karya.test`
    const { status, text, body } = await client.ask('/api/v1/auth/register', {
      method: 'POST',
      token,
      body: { name: 'Pengguna', email, password: 'kopi gayo pagi 7' },
    })
    if (status !== 201) throw new Error(text)
    ids.push(body.user.id)
  }
  return async (number) => {
    const { status, text, body } = await client.ask(`/api/v1/users/${ids[number % ids.length]}`, {
      method: 'PATCH',
      token,
      body: { name: `Pengguna ${number}` },
    })
    if (status !== 200) throw new Error(text)
    return `${body.id}@${body.version}`
  }
}

/** Changes at fixed times, whatever the server does, by a new connection's worth of clients as needed. */
async function measureLatency({ db }, server, { name, events, open, lookFor }) {
  const rate = RATE / events
  const warmups = Math.round(rate * WARMUP)
  const changes = Math.round(rate * (WARMUP + SECONDS))
  const client = createClient(server.url)
  const { token } = await signInAsAdministrator(client)
  const change = await open(client, token)
  const answeredAt = new Map()
  const seenAt = new Map()
  const looking = new AbortController()
  const looks = watchEffects({ look: lookFor(db), answeredAt, seenAt, stop: looking.signal })

  const before = await countEvents(db)
  const running = []
  const startedAt = performance.now()
  let cpu = 0
  for (let sent = 0; sent < changes; sent += 1) {
    const dueAt = startedAt + (sent * 1_000) / rate
    if (dueAt > performance.now()) await delay(dueAt - performance.now())
    if (sent === warmups) cpu = cpuMicroseconds([server.pid])
    running.push(makeChange(sent))
  }
  async function makeChange(number) {
    const key = await change(number)
    if (number >= warmups) answeredAt.set(key, performance.now())
  }
  await Promise.all(running)
  cpu = cpuMicroseconds([server.pid]) - cpu
  await until(async () => [...answeredAt.keys()].every((key) => seenAt.has(key)), {
    limitMs: 60_000,
    what: 'every change has had its effect',
  })
  looking.abort()
  await looks
  client.close()
  // What the log says, not what was meant.
  const happened = ((await countEvents(db)) - before) / (changes / rate)
  const latencies = [...answeredAt].map(([key, at]) => Math.max(0, seenAt.get(key) - at))
  const figures = [50, 99, 100].map((part) => percentile(latencies, part).toFixed(1))
  const spent = `${(cpu / SECONDS / 10_000).toFixed(0)} % of a core in the server, ${(cpu / (changes - warmups)).toFixed(0)} µs a change`
  return `${happened.toFixed(0)} events/s of ${name}: commit to effect p50 ${figures[0]} ms, p99 ${figures[1]} ms, at most ${figures[2]} ms; ${spent}`
}

async function countEvents(db) {
  const { count } = await db
    .selectFrom('outbox')
    .select((eb) => eb.fn.countAll().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Looks every few milliseconds for effects that were not there before; what it sees is committed. */
async function watchEffects({ look, answeredAt, seenAt, stop }) {
  while (!stop.aborted) {
    const unseen = [...answeredAt].filter(([key]) => !seenAt.has(key)).map(([, at]) => at)
    const keys = await look(Math.min(performance.now() - 300, ...unseen.map((at) => at - 1_000)))
    const now = performance.now()
    for (const key of keys) if (!seenAt.has(key)) seenAt.set(key, now)
    await delay(LOOK_MS)
  }
}

function lookForNotices(db) {
  return async (sinceMs) => {
    // Ids begin with the time of the order, so what is new stands at the end of the key.
    const rows = await db
      .selectFrom('inbox')
      .select('subject')
      .where('consumer', '=', 'notifications.orders')
      .where('event_id', '>', idAt(Math.floor(performance.timeOrigin + sinceMs)))
      .execute()
    return rows.map(({ subject }) => subject)
  }
}

/** A copy of a later version has had the earlier ones as well. */
function lookForCopies(db) {
  const known = new Map()
  return async () => {
    const rows = await db.selectFrom('people').select(['id', 'version']).execute()
    return rows.flatMap(({ id, version }) => {
      const before = known.get(id) ?? 0
      known.set(id, version)
      return Array.from({ length: version - before }, (_, index) => `${id}@${before + index + 1}`)
    })
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
