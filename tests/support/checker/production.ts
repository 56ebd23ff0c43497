import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

const TABLES = ['work_orders', 'production_entries', 'work_sessions', 'work_demands', 'work_order_materials']

type Named = { readonly id: string }

/** Only what takes another entry back is below zero: once, and exactly what that one says. */
const WRONG_ENTRIES = `
  select e.id as id from production_entries e
  where (e.reverses_id is null and e.quantity <= 0)
     or (e.reverses_id is not null and not exists (
      select 1 from production_entries o
      where o.id = e.reverses_id and o.work_order_id = e.work_order_id and o.kind = e.kind
        and o.quantity = -e.quantity and o.reverses_id is null))`

const OVERFULL_ORDERS = `
  select w.id as id from work_orders w
  where w.quantity + w.allowance < (
    select coalesce(sum(e.quantity), 0) from production_entries e
    where e.work_order_id = w.id and e.kind = 'good')`

/** What is announced as made is what the log says, of all orders for the product together but those that mend. */
const WRONG_DEMANDS = `
  select d.product_id as id from work_demands d
  where d.produced <> (
    select coalesce(sum(e.quantity), 0) from production_entries e
    join work_orders w on w.id = e.work_order_id
    where w.product_id = d.product_id and w.origin <> 'rework' and e.kind = 'good')`

/** Begun packs are taken whole, and no other. */
const WRONG_CONSUMPTION = `
  select m.id as id from (
    select c.work_order_id as id, c.consumed * c.per_quantity as taken, c.per_quantity as pack,
      c.quantity * (
        select coalesce(sum(e.quantity), 0) from production_entries e
        where e.work_order_id = c.work_order_id and e.kind in ('good', 'scrap')) as needed
    from work_order_materials c) m
  where m.taken < m.needed or m.taken - m.pack >= m.needed`

const LOST_CLOCKS = `
  select s.id as id from work_sessions s join work_orders w on w.id = s.work_order_id
  where (s.ended_at is null and (w.status <> 'in_progress' or s.open_key is null))
     or (s.ended_at is not null and (s.open_key is not null or s.end_cause is null))`

/** The production log adds up, each of its entries has its event, and time runs only at orders in progress. */
export async function checkProduction({ db, tables, log }: Evidence): Promise<Violation[]> {
  if (!TABLES.every((table) => tables.has(table))) return []
  const ids = async (statement: string): Promise<string[]> =>
    (await rowsOf<Named>(db, statement)).map(({ id }) => id)
  const written = await ids('select id from production_entries')
  const told = log
    .filter(({ type }) => type === 'work_order.output_logged')
    .map(({ data }): string => JSON.parse(data).output.entry_id)
  return [
    ...each(
      'I2',
      await ids(WRONG_ENTRIES),
      (id) => `the entry ${id} of the production log is below zero and is not exactly what another one was`,
    ),
    ...each(
      'I2',
      await ids(OVERFULL_ORDERS),
      (id) => `the work order ${id} has more good ones than its quantity and allowance`,
    ),
    ...each(
      'I2',
      await ids(WRONG_DEMANDS),
      (id) => `of the product ${id} another number is announced as made than is in the production log`,
    ),
    ...each(
      'I2',
      await ids(WRONG_CONSUMPTION),
      (id) => `the work order ${id} has taken another number of a component than its output needs`,
    ),
    ...each(
      'I2',
      await ids(LOST_CLOCKS),
      (id) => `the time ${id} runs at a work order that is not in progress, or has ended and is still open`,
    ),
    ...each(
      'I3-event',
      differing(written, told),
      (id) => `the entry ${id} of the production log has ${told.filter((each) => each === id).length} events`,
    ),
  ]
}

/** What is not exactly once in both. */
function differing(some: readonly string[], others: readonly string[]): string[] {
  const [known, heard] = [new Set(some), new Set(others)]
  const repeated = others.filter((id, index) => others.indexOf(id) !== index)
  const missing = [...some.filter((id) => !heard.has(id)), ...others.filter((id) => !known.has(id))]
  return [...new Set([...missing, ...repeated])]
}
