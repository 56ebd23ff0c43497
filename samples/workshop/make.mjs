/**
 * Writes the month of the workshop: `node samples/workshop/make.mjs`. The same every time. What matters to the reports
 * is written down by name first; the everyday orders around it come from a small generator of numbers.
 * All times are of the workshop's own clocks, seven hours ahead of UTC all year.
 */
import { writeFileSync } from 'node:fs'
import { AS_OF, named } from './named-orders.mjs'

const ORDERS = 300
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const OPERATORS = ['OP-1', 'OP-2', 'OP-3', 'OP-4', 'OP-5']
const PRODUCTS = ['Rak buku', 'Meja belajar', 'Kursi makan', 'Lemari sudut', 'Bangku taman', 'Nampan jati']
const SCRAP = ['material', 'machine', 'quality', 'operator', 'other']
const HOLDS = ['material', 'machine', 'quality', 'other']

let seed = 20251001
/** A whole number from 0 up to but not including `end` (the generator of Lehmer with 48271, modulo 2^31 - 1). */
function pick(end) {
  seed = (seed * 48_271) % 2_147_483_647
  return Math.floor((seed / 2_147_483_647) * end)
}
const oneOf = (list) => list[pick(list.length)]
const percent = (chance) => pick(100) < chance

const at = (text) => Date.parse(`${text}+07:00`)
const written = (time) => new Date(time + 7 * 60 * MINUTE).toISOString().replace('Z', '+07:00')

/** The first moment of a working day: nobody works on Sundays. */
function workingDay(day) {
  return new Date(day + 7 * 60 * MINUTE).getUTCDay() === 0 ? day + DAY : day
}

function everydayOrder(place, count) {
  const firstDay = at('2025-09-25T00:00:00')
  const day = workingDay(firstDay + Math.floor((place * 39) / count) * DAY)
  const created = day + (7 * 60 + pick(9 * 60)) * MINUTE + pick(60) * 1_000
  const quantity = 5 + pick(36)
  const operator = oneOf(OPERATORS)
  const order = {
    product: oneOf(PRODUCTS),
    quantity,
    operator,
    created,
    deadline: day + (2 + pick(6)) * DAY + 16 * 60 * MINUTE,
    note: '',
    entries: [],
    holds: [],
    sessions: [],
  }
  if (percent(6)) return { ...order, cancelled: created + (1 + pick(600)) * MINUTE }
  const helper = percent(20) ? oneOf(OPERATORS.filter((each) => each !== operator)) : null
  const days = 1 + pick(3)
  let workday = workingDay(day + (1 + pick(3)) * DAY)
  let left = quantity
  for (let nth = 1; nth <= days; nth++, workday = workingDay(workday + DAY)) {
    const from = workday + (7 * 60 + 30 + pick(120)) * MINUTE + pick(60) * 1_000
    const to = from + (90 + pick(360)) * MINUTE + pick(60_000)
    order.started ??= from
    const good = nth === days ? left : Math.floor(left / 2)
    left -= good
    workThrough(order, { from, to, operator, helper, good })
    order.finished = to
  }
  if (percent(5)) {
    order.cancelled = order.finished
    delete order.finished
  }
  return order
}

function workThrough(order, { from, to, operator, helper, good }) {
  const log = (kind, quantity, when, rest = {}) =>
    order.entries.push({ kind, quantity, operator, at: when, ...rest })
  if (percent(25)) {
    const since = from + Math.floor((to - from) / 3)
    const until = from + Math.floor((to - from) / 2)
    order.holds.push({ reason: oneOf(HOLDS), from: since, to: until })
    order.sessions.push({ operator, from, to: since }, { operator, from: until, to })
  } else {
    order.sessions.push({ operator, from, to })
  }
  if (helper !== null) {
    order.sessions.push({ operator: helper, from: from + 30 * MINUTE, to })
    log('rework', 1, to - 6 * MINUTE, { operator: helper })
  }
  if (percent(30)) log('scrap', 1 + pick(3), to - 5 * MINUTE, { reason: oneOf(SCRAP) })
  if (percent(8)) {
    log('scrap', 4, to - 4 * MINUTE, { reason: oneOf(SCRAP) })
    log('scrap', -4, to - 3 * MINUTE, { reason: order.entries.at(-1).reason, reverses: order.entries.length })
  }
  if (good > 1 && percent(8)) {
    log('good', good - 1, to - 3 * MINUTE)
    log('good', 1 - good, to - 2 * MINUTE, { reverses: order.entries.length })
  }
  if (good > 0) log('good', good, to - MINUTE)
}

/** What is known of an order at the moment as of which the month is told. */
function asOf(order) {
  const now = at(AS_OF)
  const happened = (time) => time !== undefined && time <= now
  const until = (stretch) => ({ ...stretch, to: happened(stretch.to) ? stretch.to : undefined })
  const holds = order.holds.filter(({ from }) => happened(from)).map(until)
  const finished = [order.finished, order.cancelled].find(happened)
  const status = happened(order.cancelled)
    ? 'cancelled'
    : happened(order.finished)
      ? 'completed'
      : holds.some(({ to }) => to === undefined)
        ? 'on_hold'
        : happened(order.started)
          ? 'in_progress'
          : 'pending'
  return {
    ...order,
    status,
    started: happened(order.started) ? order.started : undefined,
    finished,
    holds,
    sessions: order.sessions.filter(({ from }) => happened(from)).map(until),
    entries: order.entries.filter((entry) => happened(entry.at)),
  }
}

/** The named orders are written with texts for times. */
function withTimes(order) {
  const read = (value) => (typeof value === 'string' && /^\d{4}-\d\d-\d\dT/.test(value) ? at(value) : value)
  const all = (record) => Object.fromEntries(Object.entries(record).map(([key, value]) => [key, read(value)]))
  const { entries = [], holds = [], sessions = [], ...fields } = order
  return { ...all(fields), entries: entries.map(all), holds: holds.map(all), sessions: sessions.map(all) }
}

const everyday = ORDERS - named.length
const orders = [
  ...named.map(withTimes),
  ...Array.from({ length: everyday }, (_, place) => everydayOrder(place, everyday)),
]
  .map(asOf)
  .sort((a, b) => a.created - b.created)

const counters = new Map()
for (const order of orders) {
  const day = written(order.created).slice(0, 10).replaceAll('-', '')
  const count = (counters.get(day) ?? 0) + 1
  counters.set(day, count)
  order.number = `WO-${day}-${String(count).padStart(3, '0')}`
}

const time = (value) => (value === undefined ? '' : written(value))
const table = (name, columns, rows) =>
  writeFileSync(
    new URL(`${name}.csv`, import.meta.url),
    [columns, ...rows].map((row) => `${row.join(',')}\n`).join(''),
  )

table(
  'orders',
  ['number', 'product', 'quantity', 'status', 'operator', 'created', 'started', 'finished', 'deadline', 'note'],
  orders.map((order) => [
    order.number,
    order.product,
    order.quantity,
    order.status,
    order.operator ?? '',
    ...[order.created, order.started, order.finished, order.deadline].map(time),
    order.note,
  ]),
)
table(
  'entries',
  ['entry', 'order', 'kind', 'quantity', 'scrap_reason', 'operator', 'at', 'reverses'],
  orders.flatMap(({ number, entries }) =>
    entries.map((entry, place) => [
      `${number}/${place + 1}`,
      number,
      entry.kind,
      entry.quantity,
      entry.reason ?? '',
      entry.operator ?? '',
      time(entry.at),
      entry.reverses === undefined ? '' : `${number}/${entry.reverses}`,
    ]),
  ),
)
table(
  'holds',
  ['order', 'reason', 'from', 'to'],
  orders.flatMap(({ number, holds }) =>
    holds.map((hold) => [number, hold.reason, time(hold.from), time(hold.to)]),
  ),
)
table(
  'sessions',
  ['order', 'operator', 'from', 'to'],
  orders.flatMap(({ number, sessions }) =>
    sessions.map((session) => [number, session.operator, time(session.from), time(session.to)]),
  ),
)
