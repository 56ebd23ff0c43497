import { createReadStream, createWriteStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
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
  const mistakes = await findMistakes(file).catch(asMistakes)
  if (mistakes.length > 0) throw new BadList(mistakes)
  return await importProducts(() => readBatches(file), { dryRun })
}

/** A list that cannot be taken apart, as with a quote that never ends. */
function asMistakes(error: unknown): string[] {
  if (!(error instanceof CsvError)) throw error
  return [`line ${String(error['lines'])}: ${error.message}`]
}

async function findMistakes(file: string): Promise<string[]> {
  const mistakes: string[] = []
  const seen = new Map<string, number>()
  for await (const { line, header, record, width } of readRecords(file)) {
    if (mistakes.length >= MAX_REPORTED) return [...mistakes, 'and perhaps more: the rest was not read']
    if (line === 1) {
      mistakes.push(...headerMistakes(header).map((mistake) => `line 1: ${mistake}`))
      if (mistakes.length > 0) return mistakes
      continue
    }
    if (width > header.length) {
      mistakes.push(
        `line ${line}: has ${width} fields, ${header.length} columns are named; quotes may be missing`,
      )
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

type Line = {
  readonly line: number
  readonly header: readonly string[]
  readonly record: ProductRecord
  /** How many fields the line has. */
  readonly width: number
}

/** The header comes first, so that a list without lines still shows its columns. */
async function* readRecords(file: string): AsyncGenerator<Line> {
  const parser = parse({
    bom: true,
    delimiter: await findSeparator(file),
    info: true,
    skip_empty_lines: true,
    trim: true,
    relax_column_count: true,
  })
  createReadStream(file)
    .on('error', (error) => parser.destroy(error))
    .pipe(parser)
  let header: string[] | undefined
  for await (const parsed of parser) {
    const { record: fields, info } = asParsed(parsed)
    const names = header ?? fields.map((name) => name.toLowerCase())
    const record = Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']))
    yield { line: header === undefined ? 1 : info.lines, header: names, record, width: fields.length }
    header = names
  }
}

const SEPARATORS = [',', ';', '\t'] as const
const PEEKED = 4_096

/** One separator for the whole list, the one in its first line: the others may stand in any field. */
async function findSeparator(file: string): Promise<string> {
  await using handle = await open(file)
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(PEEKED))
  const [first = ''] = buffer
    .toString('utf8', 0, bytesRead)
    .trimStart()
    .split(/[\r\n]/)
  return SEPARATORS.toSorted((a, b) => first.split(b).length - first.split(a).length)[0] ?? ','
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
