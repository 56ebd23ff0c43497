import { stringify } from 'csv-stringify/sync'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Whether a reader would rather have a table than JSON (RFC 9110 §12.5.1). */
export function wantsCsv({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const { accept } = headers
  if (accept === undefined) return false
  const ranges = accept.split(',').map(readRange)
  const csv = ranges.find(({ type }) => type === 'text/csv' || type === 'text/*')?.quality ?? 0
  const json =
    ranges.find(({ type }) => type === 'application/json' || type === 'application/*')?.quality ?? 0
  return csv > json
}

function readRange(range: string): { readonly type: string; readonly quality: number } {
  const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  const q = parameters.find((parameter) => parameter.startsWith('q='))
  return { type, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 }
}

type Table = {
  /** What it is saved as. */
  readonly name: string
  readonly columns: readonly string[]
  readonly rows: readonly object[]
}

/** A table for spreadsheets (RFC 4180); a text that they would take for a formula is marked as text. */
export function sendCsv(reply: FastifyReply, { name, columns, rows }: Table): FastifyReply {
  const text = stringify([...rows], {
    header: true,
    columns: [...columns],
    record_delimiter: 'windows',
    escape_formulas: true,
  })
  return reply
    .type('text/csv; charset=utf-8; header=present')
    .header('content-disposition', `attachment; filename="${name}"`)
    .serializer((payload: string) => payload)
    .send(text)
}
