import { type Kysely, sql } from 'kysely'
import type { IdentityTables } from '#modules/identity'
import type { ShopTables } from '#modules/shop'
import { openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { readConfig } from '../../server/config.ts'
import type { Place } from './backends.ts'
import type { Client } from './client.ts'

type Tables = IdentityTables & ShopTables

export const ADMINISTRATOR = { ADMIN_EMAIL: 'admin@karya.test', ADMIN_PASSWORD: 'correct horse battery' }

/** What several processes on one place must agree on. */
export const JOURNEY = {
  ...ADMINISTRATOR,
  JWT_SECRET: 'a secret of the journeys, long enough to sign with',
  LOG_LEVEL: 'warn',
}

/** Looks into a place's database with a connection of its own. */
export async function lookInto<Result>(
  place: Place,
  look: (db: Kysely<Tables>) => Promise<Result>,
): Promise<Result> {
  const { database } = readConfig(place.environment)
  const { db, close } = await openDatabase({ ...database, log: createLog({ level: 'silent' }) })
  try {
    return await look(db.withTables<Tables>())
  } finally {
    await close()
  }
}

export async function signInAsAdministrator({
  ask,
}: Client): Promise<{ token: string; refreshToken: string }> {
  const { status, text, body } = await ask('/api/v1/auth/login', {
    method: 'POST',
    body: {
      email: ADMINISTRATOR.ADMIN_EMAIL,
      password: ADMINISTRATOR.ADMIN_PASSWORD,
      token_delivery: 'body',
    },
  })
  if (status !== 200) throw new Error(`could not sign in: ${text}`)
  return { token: body.access_token, refreshToken: body.refresh_token }
}

/** Puts products on sale and answers their ids. */
export async function stockUp({ ask }: Client, token: string, stocks: readonly number[]): Promise<string[]> {
  const { body: category } = await ask('/api/v1/categories', {
    method: 'POST',
    token,
    body: { name: `Kopi ${Math.random()}` },
  })
  const ids: string[] = []
  for (const [index, stock] of stocks.entries()) {
    const { status, text, body } = await ask('/api/v1/products', {
      method: 'POST',
      token,
      body: { name: `Kopi ${index}`, price: 10_000 + index, stock, category_id: category.id },
    })
    if (status !== 201) throw new Error(`could not stock up: ${text}`)
    ids.push(body.id)
  }
  return ids
}

/** Everything that must be true of orders, lines, ledger and events after whatever happened; empty when it is. */
export async function findOrderViolations(db: Kysely<Tables>): Promise<string[]> {
  const violations: string[] = []
  const { rows: torn } = await sql<{ id: string }>`
    select o.id as id from orders o
    where not exists (select 1 from order_lines l where l.order_id = o.id)
       or o.total_minor <> (select sum(l.price_minor * l.quantity) from order_lines l where l.order_id = o.id)
       or (select count(*) from order_lines l where l.order_id = o.id)
          <> (select count(*) from stock_entries e where e.order_id = o.id and e.kind = 'sale')`.execute(db)
  violations.push(...torn.map(({ id }) => `the order ${id} lacks lines, ledger rows or money`))

  const { rows: unbalanced } = await sql<{ id: string }>`
    select p.id as id from products p
    where p.stock < 0 or p.stock <> (select coalesce(sum(e.quantity), 0) from stock_entries e where e.product_id = p.id)`.execute(
    db,
  )
  violations.push(...unbalanced.map(({ id }) => `the ledger of the product ${id} does not sum to its stock`))

  const orders = await db.selectFrom('orders').select('id').execute()
  const announced = await db
    .selectFrom('outbox')
    .select('subject')
    .where('type', '=', 'order_created')
    .execute()
  const counts = Map.groupBy(announced, ({ subject }) => subject)
  for (const { id } of orders) {
    const count = counts.get(`order/${id}`)?.length ?? 0
    if (count !== 1) violations.push(`the order ${id} has ${count} events`)
  }
  if (announced.length !== orders.length)
    violations.push(`${announced.length} events for ${orders.length} orders`)

  const moves = await db
    .selectFrom('stock_entries')
    .select('product_id')
    .where('kind', 'in', ['sale', 'release'])
    .execute()
  const changes = await db
    .selectFrom('outbox')
    .select('subject')
    .where('type', '=', 'product.stock_changed')
    .execute()
  const movesOf = Map.groupBy(moves, ({ product_id: id }) => `product/${id}`)
  const changesOf = Map.groupBy(changes, ({ subject }) => subject)
  for (const subject of new Set([...movesOf.keys(), ...changesOf.keys()])) {
    const [moved, announcedMoves] = [movesOf.get(subject)?.length ?? 0, changesOf.get(subject)?.length ?? 0]
    if (moved !== announcedMoves)
      violations.push(`${subject} moved ${moved} times and has ${announcedMoves} events`)
  }
  return violations
}
