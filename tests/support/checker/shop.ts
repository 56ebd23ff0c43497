import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

type Named = { readonly id: string }
type Count = { readonly subject: string; readonly count: number }

const TORN_ORDERS = `
  select o.id as id from orders o
  where not exists (select 1 from order_lines l where l.order_id = o.id)
     or coalesce(o.subtotal_minor, o.total_minor) <> (
      select sum(l.price_minor * l.quantity) from order_lines l where l.order_id = o.id)
     or o.total_minor <> coalesce(o.subtotal_minor, o.total_minor) + coalesce(o.shipping_minor, 0)
      + case when o.tax_mode = 'exclusive' then o.tax_minor else 0 end`

/** What counts as paid is what was confirmed, never more than the total, and nobody waits for an order's end who has it. */
const MISCOUNTED_ORDERS = `
  select o.id as id from orders o
  where coalesce(o.paid_minor, 0) <> (
      select coalesce(sum(p.amount_minor), 0) from payments p where p.order_id = o.id and p.state = 'confirmed')
     or coalesce(o.paid_minor, 0) > o.total_minor
     or (o.status not in ('pending_payment', 'cancelled') and o.hold_until_at is not null)`

/** What an order has of the stock is what its lines do not wait for; a cancelled one has given it all back. */
const UNPAID_LINES = `
  select l.order_id as id from order_lines l join orders o on o.id = l.order_id
  where (case when o.status = 'cancelled' then 0 else l.quantity - coalesce(l.waiting, 0) end) <> (
      select coalesce(-sum(e.quantity), 0) from stock_entries e
      where e.order_id = l.order_id and e.product_id = l.product_id)
     or coalesce(l.waiting, 0) < 0 or coalesce(l.waiting, 0) > l.quantity
     or (coalesce(l.waiting, 0) > 0 and o.status in ('shipped', 'completed', 'cancelled'))`

/** What is announced of those who wait is how many they are, and what came from production is what it counts. */
const MISCOUNTED_DEMANDS = `
  select p.id as id from products p left join product_demands d on d.id = p.id
  where coalesce(d.waiting, 0) <> (
      select coalesce(sum(l.waiting), 0) from order_lines l where l.product_id = p.id)`

const NEEDLESS_WAITS = `
  select p.id as id from products p join product_demands d on d.id = p.id
  where p.stock > 0 and d.waiting > 0`

const LOST_ENTRIES = `
  select e.id as id from stock_entries e
  where e.order_id is not null and not exists (
    select 1 from order_lines l where l.order_id = e.order_id and l.product_id = e.product_id)`

const UNBALANCED_PRODUCTS = `
  select p.id as id from products p
  where p.stock <> (select coalesce(sum(e.quantity), 0) from stock_entries e where e.product_id = p.id)`

/** Orders are whole, the stock is the sum of its ledger, and each move by an order or by hand has its event. */
export async function checkShop({ db, tables, log }: Evidence): Promise<Violation[]> {
  if (!['orders', 'order_lines', 'products', 'stock_entries'].every((table) => tables.has(table))) return []
  const ids = async (statement: string): Promise<string[]> =>
    (await rowsOf<Named>(db, statement)).map(({ id }) => id)
  return [
    ...each(
      'I2',
      await ids(TORN_ORDERS),
      (id) => `the order ${id} lacks lines or has another total than they`,
    ),
    ...each(
      'I2',
      tables.has('payments') ? await ids(MISCOUNTED_ORDERS) : [],
      (id) => `the order ${id} counts other payments than were confirmed, or is held though it is paid`,
    ),
    ...each(
      'I2',
      [...new Set(await ids(UNPAID_LINES))],
      (id) => `the order ${id} has moved another quantity than its lines say`,
    ),
    ...each(
      'I2',
      tables.has('product_demands') ? await ids(MISCOUNTED_DEMANDS) : [],
      (id) => `the demand of the product ${id} is not what its lines wait for`,
    ),
    ...each(
      'I2',
      tables.has('product_demands') ? await ids(NEEDLESS_WAITS) : [],
      (id) => `somebody waits for the product ${id}, of which there is some`,
    ),
    ...each(
      'I2',
      await ids(LOST_ENTRIES),
      (id) => `the ledger's entry ${id} names an order without such a line`,
    ),
    ...each(
      'I2',
      await ids('select id from products where stock < 0'),
      (id) => `the product ${id} has a negative stock`,
    ),
    ...each(
      'I2',
      await ids(UNBALANCED_PRODUCTS),
      (id) => `the ledger of the product ${id} does not sum to its stock`,
    ),
    ...(await checkMoves({ db, log })),
  ]
}

async function checkMoves({ db, log }: Pick<Evidence, 'db' | 'log'>): Promise<Violation[]> {
  const moves = await rowsOf<Count>(
    db,
    `select product_id as subject, count(*) as count from stock_entries
     where kind in ('sale', 'release', 'production') or reason is not null group by product_id`,
  )
  const events = Map.groupBy(
    log.filter(({ type }) => type === 'product.stock_changed'),
    ({ subject }) => subject,
  )
  const moved = new Map(moves.map(({ subject, count }) => [`product/${subject}`, count]))
  const differing = [...new Set([...moved.keys(), ...events.keys()])].filter(
    (subject) => (moved.get(subject) ?? 0) !== (events.get(subject)?.length ?? 0),
  )
  return each(
    'I3-event',
    differing,
    (subject) =>
      `${subject} was moved ${moved.get(subject) ?? 0} times by orders, production and by hand and has ${events.get(subject)?.length ?? 0} events of it`,
  )
}
