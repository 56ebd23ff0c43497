import { parseArgs } from 'node:util'
import { createImportProducts, exportProducts, type ShopTables } from '#modules/shop'
import type { CommandInput } from './commands.ts'
import { BadList, exportProductFile, importProductFile } from './product-files.ts'
import { UsageError } from './usage-error.ts'
import { atWorkbench } from './workbench.ts'

export async function importCommand({ args, config }: CommandInput): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { 'dry-run': { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const [what, file] = positionals
  if (what !== 'products' || file === undefined)
    throw new UsageError('karya import products FILE.csv [--dry-run]')
  const dryRun = values['dry-run']

  await atWorkbench(config, async ({ database, parts }) => {
    const importProducts = createImportProducts({ ...parts, db: database.db.withTables<ShopTables>() })
    try {
      const { created, changed, unchanged } = await importProductFile({ file, dryRun, importProducts })
      const verb = dryRun ? 'Would import' : 'Imported'
      process.stdout.write(
        `${verb} ${file}: ${created} created, ${changed} changed, ${unchanged} unchanged.\n`,
      )
    } catch (error) {
      if (!(error instanceof BadList)) throw error
      for (const mistake of error.mistakes) process.stderr.write(`${file}: ${mistake}\n`)
      throw new UsageError(`${file} has ${error.mistakes.length} mistakes; nothing was imported`)
    }
  })
}

export async function exportCommand({ args, config }: CommandInput): Promise<void> {
  const [what, file] = args
  if (what !== 'products') throw new UsageError('karya export products [FILE.csv]')
  await atWorkbench(config, async ({ database }) => {
    await exportProductFile(exportProducts(database.db.withTables<ShopTables>()), file)
  })
}
