import type { Kysely, Selectable, Transaction } from 'kysely'
import { Compile } from 'typebox/compile'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { refuseTaken, type UniqueKey } from '#platform/database/failure'
import { listPage } from '#platform/database/pages'
import { fold } from '#platform/database/search'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import {
  type SavedFilter,
  type SavedFilterBody,
  type SavedFilterChange,
  type SavedFilterQuery,
  SavedQuery,
} from './filter-schemas.ts'
import type { TaskParts } from './parts.ts'
import type { TaskFilterTable, TaskTables } from './table.ts'

type Row = Selectable<TaskFilterTable>

/** One key over both columns, of which SQLite names the columns and the others the key. */
const uniqueKeys: readonly UniqueKey[] = ['owner_id_name_key', 'name_key'].map((column) => ({
  table: 'task_filters',
  column,
  refuse: () => refuse('filter_name_taken'),
}))

const queryShape = Compile(SavedQuery)

export type SavedFilters = ReturnType<typeof createSavedFilters>

/** The questions that somebody asks their list again and again; each is its owner's alone. */
export function createSavedFilters({ db, clock, ids }: Pick<TaskParts, 'db' | 'clock' | 'ids'>) {
  return {
    async listFilters(call: Call, query: SavedFilterQuery) {
      const all = db.selectFrom('task_filters').where('owner_id', '=', actorOf(call).userId)
      const page = await listPage({
        query: all.selectAll('task_filters'),
        sort: { column: 'task_filters.name_key', holds: 'text', descending: false },
        sortValueOf: (row) => row.name_key,
        request: toPageRequest(query),
      })
      return presentPage(page, toFilter)
    },

    async getFilter(call: Call, id: string): Promise<SavedFilter> {
      return await findFilter(db, call, id)
    },

    async createFilter(call: Call<SavedFilter>, { name, query }: SavedFilterBody): Promise<SavedFilter> {
      const now = clock.now()
      const row: Row = {
        id: ids.next(),
        owner_id: actorOf(call).userId,
        name: name.trim(),
        name_key: fold(name),
        query: JSON.stringify(query),
        version: 1,
        created_at: now,
        updated_at: now,
      }
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          await trx.insertInto('task_filters').values(row).execute()
          return toFilter(row)
        }),
      )
    },

    async changeFilter(
      call: Call<SavedFilter>,
      id: string,
      { name, query }: SavedFilterChange,
    ): Promise<SavedFilter> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const row = await getLocked(trx, call, id)
          const changed: Row = {
            ...row,
            name: name?.trim() ?? row.name,
            name_key: name === undefined ? row.name_key : fold(name),
            query: query === undefined ? row.query : JSON.stringify(query),
            version: row.version + 1,
            updated_at: clock.now(),
          }
          await trx.updateTable('task_filters').set(changed).where('id', '=', id).execute()
          return toFilter(changed)
        }),
      )
    },

    async deleteFilter(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        await getLocked(trx, call, id)
        await trx.deleteFrom('task_filters').where('id', '=', id).execute()
      })
    },
  }
}

/** One of the caller's own. */
export async function findFilter(db: Kysely<TaskTables>, call: Call, id: string): Promise<SavedFilter> {
  const row = await db
    .selectFrom('task_filters')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', actorOf(call).userId)
    .executeTakeFirst()
  if (row === undefined) throw refuse('filter_not_found')
  return toFilter(row)
}

async function getLocked(trx: Transaction<TaskTables>, call: Call, id: string): Promise<Row> {
  const row = await trx
    .selectFrom('task_filters')
    .selectAll()
    .where('id', '=', id)
    .where('owner_id', '=', actorOf(call).userId)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw refuse('filter_not_found')
  checkVersion(call, row)
  return row
}

function toFilter(row: Row): SavedFilter {
  return {
    id: row.id,
    name: row.name,
    query: queryShape.Parse(JSON.parse(row.query)),
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
