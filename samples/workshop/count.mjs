/**
 * Counts what the reports of October 2025 must say: `node samples/workshop/count.mjs`. It shares nothing with the
 * server: it goes through the tables line by line, reads the day off the front of each time, which is written in the
 * workshop's own zone, and has the weeks from a calendar.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { AS_OF } from './named-orders.mjs'

const FIRST = '2025-10-01'
const LAST = '2025-10-31'
const WEEKS = [
  ['2025-W40', '2025-10-01', '2025-10-05'],
  ['2025-W41', '2025-10-06', '2025-10-12'],
  ['2025-W42', '2025-10-13', '2025-10-19'],
  ['2025-W43', '2025-10-20', '2025-10-26'],
  ['2025-W44', '2025-10-27', '2025-10-31'],
]
const STATUSES = ['pending', 'in_progress', 'on_hold', 'completed', 'cancelled']
const SCRAP = ['material', 'machine', 'quality', 'operator', 'other']
const HOLDS = ['material', 'machine', 'quality', 'other']
const MONTH_BEGINS = Date.parse('2025-10-01T00:00:00.000+07:00')
const MONTH_ENDS = Date.parse('2025-11-01T00:00:00.000+07:00')
const NOW = Date.parse(`${AS_OF}+07:00`)

function read(name) {
  const [head, ...lines] = readFileSync(new URL(`${name}.csv`, import.meta.url), 'utf8').trimEnd().split('\n')
  const columns = head.split(',')
  return lines.map((line) => {
    const fields = line.split(',')
    return Object.fromEntries(columns.map((column, place) => [column, fields[place]]))
  })
}

const orders = read('orders')
const entries = read('entries')
const holds = read('holds')
const sessions = read('sessions')
const operators = read('operators')

const dayOf = (time) => time.slice(0, 10)
const inMonth = (time) => time !== '' && dayOf(time) >= FIRST && dayOf(time) <= LAST
const total = (list, of) => {
  let sum = 0
  for (const each of list) sum += Number(of(each))
  return sum
}
const quantities = (list) => total(list, (each) => each.quantity)
/** How much of a stretch of time lies in October; the end of the month has passed, so that what still runs ends there. */
function within({ from, to }) {
  const start = Math.max(Date.parse(from), MONTH_BEGINS)
  const end = Math.min(to === '' ? MONTH_ENDS : Date.parse(to), MONTH_ENDS)
  return Math.max(0, end - start)
}

const created = orders.filter((order) => inMonth(order.created))
const completed = orders.filter((order) => order.status === 'completed' && inMonth(order.finished))
const onTime = completed.filter((order) => Date.parse(order.finished) <= Date.parse(order.deadline))
const logged = entries.filter((entry) => inMonth(entry.at))
const kind = (list, name) => quantities(list.filter((entry) => entry.kind === name))
const overdue = created.filter(
  (order) =>
    ['pending', 'in_progress', 'on_hold'].includes(order.status) && Date.parse(order.deadline) < NOW,
)
const output = (list) => ({ good: kind(list, 'good'), scrap: kind(list, 'scrap'), rework: kind(list, 'rework') })

const workOrders = {
  from: FIRST,
  to: LAST,
  zone: 'Asia/Jakarta',
  statuses: STATUSES.map((status) => {
    const these = created.filter((order) => order.status === status)
    return { status, count: these.length, quantity: quantities(these) }
  }),
  overdue: { count: overdue.length, quantity: quantities(overdue) },
  on_time: {
    completed: completed.length,
    on_time: onTime.length,
    late: completed.length - onTime.length,
    rate: Number((onTime.length / completed.length).toFixed(4)),
  },
  output: output(logged),
  scrap: SCRAP.map((reason) => ({
    reason,
    quantity: quantities(logged.filter((entry) => entry.kind === 'scrap' && entry.scrap_reason === reason)),
  })),
  downtime: HOLDS.map((reason) => {
    const these = holds.filter((hold) => hold.reason === reason && within(hold) > 0)
    return { reason, holds: these.length, duration_ms: total(these, within) }
  }),
  weeks: WEEKS.map(([week, from, to]) => {
    const inWeek = (time) => dayOf(time) >= from && dayOf(time) <= to
    return {
      week,
      from,
      to,
      completed: completed.filter((order) => inWeek(order.finished)).length,
      good: kind(
        logged.filter((entry) => inWeek(entry.at)),
        'good',
      ),
    }
  }),
  totals: {
    count: created.length,
    quantity: quantities(created),
    completed: completed.length,
    ...output(logged),
    downtime_ms: total(holds, within),
  },
}

/** What one operator did, nobody, or all of them. */
function figuresOf(isTheirs) {
  const theirs = completed.filter((order) => isTheirs(order.operator))
  const time = total(theirs, (order) => Date.parse(order.finished) - Date.parse(order.started))
  return {
    completed: theirs.length,
    ...output(logged.filter((entry) => isTheirs(entry.operator))),
    mean_time_ms: theirs.length === 0 ? null : Math.round(time / theirs.length),
    worked_ms: total(
      sessions.filter((session) => isTheirs(session.operator)),
      within,
    ),
  }
}

/** By name: Agus, Budi, Citra, Dewi, Eko; then who is not known, then nobody. */
const SEQUENCE = ['OP-2', 'OP-4', 'OP-1', 'OP-5', 'OP-3', 'OP-6', '']
const byOperator = {
  from: FIRST,
  to: LAST,
  zone: 'Asia/Jakarta',
  data: SEQUENCE.map((code) => {
    const person = operators.find((each) => each.code === code)
    const name = `${person?.name ?? ''} ${person?.lastname ?? ''}`.trim()
    return {
      operator_id: person?.id ?? null,
      name: name === '' ? null : name,
      ...figuresOf((operator) => operator === code),
    }
  }),
  totals: figuresOf(() => true),
}

const write = (name, text) => writeFileSync(new URL(name, import.meta.url), text)
const lines = (rows) => rows.map((row) => `${row.join(',')}\n`).join('')

write('expected-workorders.json', `${JSON.stringify(workOrders, null, 2)}\n`)
write('expected-operators.json', `${JSON.stringify(byOperator, null, 2)}\n`)
write(
  'expected-workorders.csv',
  lines([
    ['section', 'name', 'count', 'quantity', 'duration_ms', 'rate'],
    ...workOrders.statuses.map((each) => ['status', each.status, each.count, each.quantity, '', '']),
    ['overdue', 'overdue', workOrders.overdue.count, workOrders.overdue.quantity, '', ''],
    ['on_time', 'on_time', workOrders.on_time.on_time, '', '', workOrders.on_time.rate],
    ['on_time', 'late', workOrders.on_time.late, '', '', ''],
    ...['good', 'scrap', 'rework'].map((name) => ['output', name, '', workOrders.output[name], '', '']),
    ...workOrders.scrap.map((each) => ['scrap', each.reason, '', each.quantity, '', '']),
    ...workOrders.downtime.map((each) => ['downtime', each.reason, each.holds, '', each.duration_ms, '']),
    ...workOrders.weeks.map((each) => ['week', each.week, each.completed, each.good, '', '']),
    ['total', 'created', workOrders.totals.count, workOrders.totals.quantity, '', ''],
    ['total', 'completed', workOrders.totals.completed, '', '', ''],
    ['total', 'downtime', '', '', workOrders.totals.downtime_ms, ''],
  ]),
)
write(
  'expected-operators.csv',
  lines([
    ['operator_id', 'name', 'completed', 'good', 'scrap', 'rework', 'mean_time_ms', 'worked_ms'],
    ...byOperator.data.map((row) => Object.values(row).map((value) => value ?? '')),
  ]),
)
