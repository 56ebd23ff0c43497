import { Compile } from 'typebox/compile'
import { fold } from '#platform/database/search'
import type { FieldError } from '#platform/errors'
import { describeViolations } from '#platform/http/validation'
import { type Product, ProductImportRow } from './schemas.ts'

/** The columns of a product list; the first five must be there. */
export const productColumns = [
  'sku',
  'name',
  'category',
  'price',
  'stock',
  'description',
  'img',
  'active',
  'stock_policy',
] as const
const REQUIRED_COLUMNS = 5

type Column = (typeof productColumns)[number]
export type ProductRecord = Readonly<Record<string, string>>

const rowSchema = Compile(ProductImportRow)
const WHOLE_NUMBER = /^\d{1,16}$/

/** What is wrong with the first line of a list; empty when nothing is. */
export function headerMistakes(header: readonly string[]): string[] {
  const unknown = header.filter((name) => !productColumns.some((column) => column === name))
  const twice = new Set(header.filter((name, index) => header.indexOf(name) < index))
  const missing = productColumns.slice(0, REQUIRED_COLUMNS).filter((column) => !header.includes(column))
  return [
    ...unknown.map((name) => `the column "${name}" is not known`),
    ...Array.from(twice, (name) => `the column "${name}" is there twice`),
    ...missing.map((name) => `the column "${name}" is missing`),
  ]
}

type Read = { readonly row: ProductImportRow } | { readonly mistakes: readonly FieldError[] }

/** Reads one line. Numbers are plain digits: a point in them could mean two things. */
export function readProductRecord(record: ProductRecord): Read {
  const row: Partial<Record<Column, unknown>> = {}
  for (const column of productColumns) {
    const text = record[column]?.trim() ?? ''
    if (text === '') continue
    if (column === 'price' || column === 'stock') row[column] = WHOLE_NUMBER.test(text) ? Number(text) : text
    else if (column === 'active') row.active = readYesNo(text)
    else row[column] = text
  }
  if (rowSchema.Check(row)) return { row }
  return { mistakes: describeViolations(rowSchema.Errors(row), undefined) }
}

function readYesNo(text: string): unknown {
  if (['true', 'yes', 'ya', '1'].includes(text.toLowerCase())) return true
  if (['false', 'no', 'tidak', '0'].includes(text.toLowerCase())) return false
  return text
}

/** Two SKUs that are the same product to the shop. */
export function skuKey(row: ProductImportRow): string {
  return fold(row.sku, 64)
}

export function toProductRecord(product: Product, category: string): Record<Column, string> {
  return {
    sku: product.sku ?? '',
    name: product.name,
    category,
    price: String(product.price),
    stock: String(product.stock),
    description: product.description ?? '',
    img: product.img ?? '',
    active: String(product.active),
    stock_policy: product.stock_policy,
  }
}
