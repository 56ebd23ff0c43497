import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox'
import type { Page, PageRequest } from '../database/pages.ts'

/** The shapes that every area's schemas are made of. Sizes fit their columns on every engine. */

/** An object that knows all its fields: an unknown one is refused, not ignored. */
export function Strict<Properties extends TProperties>(properties: Properties, options: object = {}) {
  return Type.Object(properties, { additionalProperties: false, ...options })
}

export function Nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()])
}

/** At least one character that people see: no white space, no control, nothing that is there to be ignored. */
export const VISIBLE = '[^\\s\\p{Cc}\\p{Default_Ignorable_Code_Point}\\u2800]'

/** A line that people read. */
export function Line(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    pattern: VISIBLE,
    ...(description === undefined ? {} : { description }),
  })
}

export function Prose(maxLength: number) {
  return Type.String({ maxLength })
}

/** Ids as the server writes them. PostgreSQL's `uuid` refuses anything else, and nothing else was ever given out. */
export const Id = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'UUIDv7, made by the server',
})
/** Without the leap seconds, zone names and far years that the format knows and our clocks do not. */
export const Time = Type.String({
  format: 'date-time',
  pattern: '^[12]\\d{3}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(?:\\.\\d+)?(?:Z|[+-]\\d\\d:\\d\\d)$',
  description: 'ISO 8601, UTC',
})
/** A time that somebody names, as exactly as `Time`: no engine has every moment that can be written. */
export const Moment = Type.String({
  format: 'date-time',
  pattern: '^20\\d\\d-\\d\\d-\\d\\d[Tt]\\d\\d:\\d\\d:[0-5]\\d',
  description: 'ISO 8601',
})
/** No engine has every day that can be written, and no business goes back further. */
export const BusinessDay = Type.String({
  format: 'date',
  pattern: '^(?:19|20)',
  maxLength: 10,
  description: 'A day in the business zone, itself included, as `2026-11-21`',
})
export const Version = Type.Integer({ description: 'Grows by one with every change; the ETag in quotes' })

/** Money in the currency's smallest used unit; 2^53 - 1 is the largest exact integer. */
export const Money = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
/** Nobody counts more than a thousand million of anything, and a sum of such stays exact. */
export const Count = Type.Integer({ minimum: 0, maximum: 1_000_000_000 })
export const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000_000 })

/** What cannot be an id is answered with 404, like an id that is not there (see `validatorCompiler`). */
export const IdParams = Type.Object({ id: Id })

export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, description: '1 to 100; 25 without it' })),
  cursor: Type.Optional(Type.String({ maxLength: 1_000 })),
}
export const numberedPageQuery = {
  ...pageQuery,
  page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
}

export function PageOf<Item extends TSchema>(item: Item) {
  return Type.Object({
    data: Type.Array(item),
    page: Type.Object({
      next_cursor: Nullable(Type.String()),
      has_more: Type.Boolean(),
      number: Type.Optional(Type.Integer()),
      total: Type.Optional(Type.Integer()),
      total_pages: Type.Optional(Type.Integer()),
    }),
  })
}

type PageQuery = Partial<Static<TObject<typeof numberedPageQuery>>>

export function toPageRequest({ limit = 25, cursor, page }: PageQuery): PageRequest {
  return { limit, cursor, page }
}

/** A page of rows as it goes over the wire. */
export function presentPage<Row, Item>(
  { rows, nextCursor, numbered }: Page<Row>,
  present: (row: Row) => Item,
) {
  return {
    data: rows.map(present),
    page: {
      next_cursor: nextCursor,
      has_more: nextCursor !== null,
      ...(numbered === undefined
        ? {}
        : { number: numbered.number, total: numbered.total, total_pages: numbered.totalPages }),
    },
  }
}
