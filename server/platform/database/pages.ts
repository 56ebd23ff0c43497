import { type SelectQueryBuilder, type SqlBool, sql } from 'kysely'
import { invalidField } from '../errors.ts'
import { isId, isTime, isWhole, readCursor, writeCursor } from './cursors.ts'

/** What a client asks of a list: so many after a cursor, or the page with a number. */
export type PageRequest = {
  readonly limit: number
  readonly cursor?: string | undefined
  readonly page?: number | undefined
}

export type Page<Row> = {
  readonly rows: readonly Row[]
  readonly nextCursor: string | null
  /** Only for a page asked for by its number. */
  readonly numbered?: { readonly number: number; readonly total: number; readonly totalPages: number }
}

/** One order that a list can have. `column` is qualified with its table; the table's `id` decides between equals. */
export type Sort = {
  readonly column: string
  readonly holds: 'text' | 'number' | 'time'
  readonly descending: boolean
}

type SortValue = string | number | Date

export const rowCount = sql<number>`count(*)`.as('count')

type ListOptions<DB, TB extends keyof DB, Row> = {
  readonly query: SelectQueryBuilder<DB, TB, Row>
  readonly sort: Sort
  readonly sortValueOf: (row: Row) => SortValue
  readonly request: PageRequest
}

/** Keyset pagination: the next page starts after the last row's (sort value, id), whatever was inserted meanwhile. */
export async function listPage<DB, TB extends keyof DB, Row extends { id: string }>(
  options: ListOptions<DB, TB, Row>,
): Promise<Page<Row>> {
  const { query, sort, sortValueOf, request } = options
  const page = cutPage(await findRows(options), { sort, sortValueOf, request })
  if (request.page === undefined) return page

  const counted = query.clearSelect().select(rowCount).$castTo<{ count: number }>()
  const { count } = await counted.executeTakeFirstOrThrow()
  const totalPages = Math.ceil(count / request.limit)
  return { ...page, numbered: { number: request.page, total: count, totalPages } }
}

type MergedOptions<DB, TB extends keyof DB, Row> = {
  /** Each over a table that goes by the name in `sort.column`; ids are unique over all of them. */
  readonly queries: readonly SelectQueryBuilder<DB, TB, Row>[]
  readonly descending: boolean
  readonly table: string
  readonly request: Omit<PageRequest, 'page'>
}

/** One list out of several tables in the order of their ids, which is that of time. */
export async function listMerged<DB, TB extends keyof DB, Row extends { id: string }>({
  queries,
  descending,
  table,
  request,
}: MergedOptions<DB, TB, Row>): Promise<Page<Row>> {
  const sort: Sort = { column: `${table}.id`, holds: 'text', descending }
  const found = await Promise.all(queries.map(async (query) => await findRows({ query, sort, request })))
  const rows = found.flat().sort((a, b) => (a.id < b.id === descending ? 1 : -1))
  return cutPage(rows, { sort, sortValueOf: ({ id }) => id, request })
}

/** One row more than asked tells whether there is a next page. */
async function findRows<DB, TB extends keyof DB, Row>({
  query,
  sort,
  request,
}: Pick<ListOptions<DB, TB, Row>, 'query' | 'sort' | 'request'>): Promise<Row[]> {
  const [table = ''] = sort.column.split('.')
  const column = sql.ref(sort.column)
  const id = sql.ref(`${table}.id`)
  const direction = sort.descending ? sql`desc` : sql`asc`
  const ordered = query
    .orderBy(sql`${column} ${direction}`)
    .orderBy(sql`${id} ${direction}`)
    .limit(request.limit + 1)
  return await within(ordered, { sort, request, column, id }).execute()
}

function cutPage<Row extends { id: string }>(
  found: readonly Row[],
  { sort, sortValueOf, request }: Pick<ListOptions<never, never, Row>, 'sort' | 'sortValueOf' | 'request'>,
): Page<Row> {
  const rows = found.slice(0, request.limit)
  const last = rows.at(-1)
  const hasMore = found.length > request.limit && last !== undefined
  return { rows, nextCursor: hasMore ? encodeCursor(sort, sortValueOf(last), last.id) : null }
}

type Position = {
  readonly sort: Sort
  readonly request: PageRequest
  readonly column: ReturnType<typeof sql.ref>
  readonly id: ReturnType<typeof sql.ref>
}

function within<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { sort, request, column, id }: Position,
): SelectQueryBuilder<DB, TB, Row> {
  if (request.cursor !== undefined) {
    const after = decodeCursor(sort, request.cursor)
    const beyond = sort.descending ? sql`<` : sql`>`
    // The first half lets the engine use the index on the sort column; MySQL does not do so for a row comparison.
    return query
      .where(sql<SqlBool>`${column} ${beyond}= ${after.value}`)
      .where(sql<SqlBool>`(${column} ${beyond} ${after.value} or ${id} ${beyond} ${after.id})`)
  }
  return request.page === undefined ? query : query.offset((request.page - 1) * request.limit)
}

function encodeCursor(sort: Sort, value: SortValue, id: string): string {
  const plain = value instanceof Date ? value.getTime() : value
  return writeCursor([sort.column, plain, id])
}

function decodeCursor(sort: Sort, cursor: string): { value: SortValue; id: string } {
  const [column, value, id] = readCursor(cursor)
  if (column === sort.column && isId(id)) {
    if (sort.holds === 'text' && isStorable(value) && (!isOfIds(sort) || value === id)) return { value, id }
    if (sort.holds === 'number' && isWhole(value)) return { value, id }
    if (sort.holds === 'time' && isTime(value)) return { value: new Date(value), id }
  }
  throw invalidField({
    pointer: 'cursor',
    code: 'unknown_cursor',
    text: {
      en: 'is not a cursor of this list in this order',
      id: 'bukan kursor dari daftar ini dengan urutan ini',
    },
  })
}

/** In such a list the id is what is sorted by as well; PostgreSQL's `uuid` takes nothing else. */
function isOfIds({ column }: Sort): boolean {
  return column.endsWith('.id')
}

/** What no engine stumbles over. */
function isStorable(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}
