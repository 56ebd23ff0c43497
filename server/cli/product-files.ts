import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify'
import {
  headerMistakes,
  type ImportCount,
  type ImportProducts,
  type ProductImportRow,
  type ProductRecord,
  productColumns,
  readProductRecord,
  skuKey,
} from '#modules/shop'
import { say } from '#platform/language'

const BATCH = 200
const MAX_REPORTED = 1_000

/** A list that cannot be imported, with a line for everything that is wrong with it. */
export class BadList extends Error {
  readonly mistakes: readonly string[]
  constructor(mistakes: readonly string[]) {
    super('the list has mistakes; nothing was imported')
    this.mistakes = mistakes
  }
}

type ImportOptions = {
  readonly file: string
  readonly dryRun: boolean
  readonly importProducts: ImportProducts
}

/** Reads the whole list for mistakes first, then a second time to import it; neither holds it in memory. */
export async function importProductFile({
  file,
  dryRun,
  importProducts,
}: ImportOptions): Promise<ImportCount> {
  const mistakes = await findMistakes(file)
  if (mistakes.length > 0) throw new BadList(mistakes)
  return await importProducts(() => readBatches(file), { dryRun })
}

async function findMistakes(file: string): Promise<string[]> {
  const mistakes: string[] = []
  const seen = new Map<string, number>()
  for await (const { line, record } of readRecords(file)) {
    if (mistakes.length >= MAX_REPORTED) return [...mistakes, 'and perhaps more: the rest was not read']
    if (line === 1) {
      mistakes.push(...headerMistakes(Object.keys(record)).map((mistake) => `line 1: ${mistake}`))
      if (mistakes.length > 0) return mistakes
      continue
    }
    const read = readProductRecord(record)
    if ('mistakes' in read) {
      mistakes.push(
        ...read.mistakes.map(
          ({ pointer, text, details }) => `line ${line}: ${pointer} ${say(text, 'en', details)}`,
        ),
      )
      continue
    }
    const earlier = seen.get(skuKey(read.row))
    if (earlier !== undefined)
      mistakes.push(`line ${line}: sku ${read.row.sku} is in line ${earlier} already`)
    seen.set(skuKey(read.row), line)
  }
  return seen.size === 0 && mistakes.length === 0 ? ['the list has no products'] : mistakes
}

async function* readBatches(file: string): AsyncGenerator<readonly ProductImportRow[]> {
  let batch: ProductImportRow[] = []
  for await (const { line, record } of readRecords(file)) {
    if (line === 1) continue
    const read = readProductRecord(record)
    if ('mistakes' in read) throw new BadList([`line ${line}: the file has changed while it was read`])
    batch.push(read.row)
    if (batch.length === BATCH) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** The header comes first, as a record of its own names, so that a list without lines still shows its columns. */
async function* readRecords(file: string): AsyncGenerator<{ line: number; record: ProductRecord }> {
  const parser = createReadStream(file).pipe(
    parse({
      bom: true,
      delimiter: [',', ';', '\t'],
      info: true,
      skip_empty_lines: true,
      trim: true,
      relax_column_count: true,
    }),
  )
  let header: string[] | undefined
  for await (const parsed of parser) {
    const { record, info } = asParsed(parsed)
    if (header === undefined) {
      header = record.map((name) => name.toLowerCase())
      yield { line: 1, record: Object.fromEntries(header.map((name) => [name, name])) }
    } else {
      const names = header
      yield {
        line: info.lines,
        record: Object.fromEntries(record.map((value, index) => [names[index] ?? '?', value])),
      }
    }
  }
}

/** What csv-parse hands over with the option `info`. */
function asParsed(value: unknown): { record: string[]; info: { lines: number } } {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return value as { record: string[]; info: { lines: number } }
}

export async function exportProductFile(
  products: AsyncIterable<Readonly<Record<string, string>>>,
  file: string | undefined,
): Promise<void> {
  const columns = [...productColumns]
  const csv = stringify({ header: true, columns })
  if (file !== undefined) return await pipeline(products, csv, createWriteStream(file))
  try {
    await pipeline(products, csv, process.stdout, { end: false })
  } catch (error) {
    // Whoever reads has seen enough, as `head` does.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPIPE')) throw error
  }
}
