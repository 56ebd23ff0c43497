import { type Kysely, sql } from 'kysely'
import { addColumn, createIndex, type MigrationDatabase } from '#platform/database/schema'

export async function up(db: MigrationDatabase): Promise<void> {
  // Null in entries of the version before.
  await addColumn(db, 'stock_entries', { name: 'balance', type: (types) => types.integer })
  await addColumn(db, 'stock_entries', { name: 'reason', type: (types) => types.text(500) })
  await addColumn(db, 'stock_entries', { name: 'reference', type: (types) => types.text(200) })
  // `stock` gets no index: every order would have to move its products in it.
  await addColumn(db, 'products', { name: 'low_stock_level', type: (types) => types.integer })
  await addColumn(db, 'orders', { name: 'business_day', type: (types) => types.text(10) })
  await fillBusinessDays(db)
  await createIndex(db, 'orders', ['business_day', 'status'])
}

/** The day stands in the number of every order, as in `ORD-20261121-…`. */
async function fillBusinessDays(db: Kysely<unknown>): Promise<void> {
  const part = (start: number, length: number) => sql`substr(number, ${sql.lit(start)}, ${sql.lit(length)})`
  await sql`update orders set business_day = concat(${part(5, 4)}, '-', ${part(9, 2)}, '-', ${part(11, 2)})
    where business_day is null`.execute(db)
}
