import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import type { ShopTables } from '#modules/shop'
import { openDatabase } from '#platform/database/open'
import { createLog } from '#platform/telemetry/log'
import { engines, onEach, type Place } from '#tests/backends'
import { readConfig } from '../config.ts'

const SAMPLE = 'samples/products.csv'
const HEADER = 'sku,name,category,price,stock'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

onEach(engines, 'lists of products on the command line', (backend) => {
  let place: Place
  let folder: string
  before(async () => {
    place = await backend.create()
    folder = await mkdtemp(join(tmpdir(), 'karya-lists-'))
  })
  after(async () => {
    await place.remove()
    await rm(folder, { recursive: true, force: true })
  })

  async function karya(...args: string[]): Promise<Ran> {
    const env = { PATH: process.env['PATH'], NODE_ENV: 'test', DATA_DIR: folder, ...place.environment }
    return await new Promise((resolve) => {
      execFile(process.execPath, ['server/main.ts', ...args], { env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err })
      })
    })
  }
  async function importText(text: string, ...flags: string[]): Promise<Ran> {
    const file = join(folder, 'list.csv')
    await writeFile(file, text)
    const { code, out, err } = await karya('import', 'products', file, ...flags)
    return { code, out: out.replaceAll(file, 'list'), err: err.replaceAll(file, 'list') }
  }
  /** What the database holds of the products with these SKUs. */
  async function rows(...skus: string[]) {
    const config = readConfig({ DATA_DIR: folder, ...place.environment })
    const log = createLog({ level: 'silent', destination: { write: () => {} } })
    const database = await openDatabase({ ...config.database, log })
    try {
      const query = database.db.withTables<ShopTables>().selectFrom('products').selectAll().orderBy('sku')
      return await (skus.length === 0 ? query : query.where('sku', 'in', skus)).execute()
    } finally {
      await database.close()
    }
  }

  it('S1 changes nothing on a dry run, imports the sample, and then finds it unchanged', async () => {
    const dry = await karya('import', 'products', SAMPLE, '--dry-run')
    assert.deepEqual(
      [dry.code, dry.out],
      [0, `Would import ${SAMPLE}: 220 created, 0 changed, 0 unchanged.\n`],
      dry.err,
    )
    assert.deepEqual(await rows(), [])
    const first = await karya('import', 'products', SAMPLE)
    assert.deepEqual(
      [first.code, first.out],
      [0, `Imported ${SAMPLE}: 220 created, 0 changed, 0 unchanged.\n`],
      first.err,
    )
    const again = await karya('import', 'products', SAMPLE)
    assert.equal(again.out, `Imported ${SAMPLE}: 0 created, 0 changed, 220 unchanged.\n`)
    const there = await rows()
    assert.equal(there.length, 220)
    assert.ok(there.every(({ version }) => version === 1))
  })

  it('S1 exports what it imports unchanged, whatever is in the fields', async () => {
    const list = [
      'sku,name,category,price,stock,description,active',
      'RT-1,"Satu, dua; tiga",Aneka,1,2,"baris satu\nbaris ""dua""",no',
      'RT-2,"Tab\there",Aneka,9007199254740991,1000000000,"=1+1; a\'b",yes',
    ].join('\r\n')
    const made = await importText(`\uFEFF${list}`)
    assert.equal(made.out, 'Imported list: 2 created, 0 changed, 0 unchanged.\n', made.err)
    const file = join(folder, 'export.csv')
    assert.equal((await karya('export', 'products', file)).code, 0)
    const text = await readFile(file, 'utf8')
    assert.equal((await karya('export', 'products')).out, text)
    const back = await karya('import', 'products', file)
    assert.equal(back.out, `Imported ${file}: 0 created, 0 changed, 222 unchanged.\n`, back.err)
    const [one, two] = await rows('RT-1', 'RT-2')
    assert.deepEqual(
      [one?.name, one?.description, one?.hidden_at instanceof Date],
      ['Satu, dua; tiga', 'baris satu\nbaris "dua"', true],
    )
    assert.deepEqual(
      [two?.name, two?.description, two?.hidden_at, two?.price_minor],
      ['Tab\there', "=1+1; a'b", null, Number.MAX_SAFE_INTEGER],
    )
  })

  it('S1 takes lists with semicolons or tabs, and changes what differs', async () => {
    const semicolons = `${HEADER}\nSM-1,,,,\n`
      .replaceAll(',', ';')
      .replace('SM-1;;;;', 'SM-1;Kopi, bubuk;Aneka;5;6')
    assert.match((await importText(semicolons)).out, /1 created, 0 changed, 0 unchanged/)
    const tabs = `${HEADER}\nSM-1,Kopi; bubuk,Aneka,5,9\n`.replaceAll(',', '\t')
    assert.match((await importText(tabs)).out, /0 created, 1 changed, 0 unchanged/)
    const [row] = await rows('SM-1')
    assert.deepEqual([row?.name, row?.stock, row?.version], ['Kopi; bubuk', 9, 2])
  })

  it('S4 sets what happens to who buys more than is there, where the list has a word for it', async () => {
    const file = join(folder, 'policies.csv')
    const policies = async () => (await rows('PO-1', 'PO-2', 'PO-3')).map((row) => row.stock_policy)
    const list = (...words: string[]) =>
      [
        `${HEADER},stock_policy`,
        ...words.map((word, index) => `PO-${index + 1},Kursi,Aneka,5,0,${word}`),
      ].join('\n')
    assert.match((await importText(list('backorder', '', 'make_to_order'))).out, /3 created/)
    assert.deepEqual(await policies(), ['backorder', null, 'make_to_order'])
    assert.match((await importText(list('', 'deny', 'deny'))).out, /0 created, 1 changed, 2 unchanged/)
    assert.deepEqual(await policies(), ['backorder', null, null])
    assert.equal((await karya('export', 'products', file)).code, 0)
    assert.match(await readFile(file, 'utf8'), /^PO-1,.*,backorder\r?$/m)
    assert.match((await karya('import', 'products', file)).out, / 0 created, 0 changed/)
  })

  it('S1 says line by line what is wrong with a list, and imports nothing of it', async () => {
    const good = 'BAD-0,Baik,Aneka,1,1'
    const cases: [string, ...RegExp[]][] = [
      ['', /the list has no products/],
      [`${HEADER}\n`, /the list has no products/],
      [`${HEADER},colour\n${good},red`, /line 1: the column "colour" is not known/],
      ['sku,name,price\nBAD-0,Baik,1', /line 1: .*"category" is missing/, /line 1: .*"stock" is missing/],
      [`${HEADER},sku\n${good},BAD-1`, /line 1: the column "sku" is there twice/],
      [`${HEADER}\n${good}\nBAD-1,Buruk,Aneka,"1,5",1`, /line 3: price /],
      [`${HEADER}\n${good}\nBAD-1,Buruk,Aneka,1.000,1`, /line 3: price /],
      [`${HEADER}\n${good}\nBAD-1,Buruk,Aneka,-1,-2`, /line 3: price /, /line 3: stock /],
      [`${HEADER}\n${good}\nBAD-1,Buruk,Aneka,9007199254740992,1`, /line 3: price /],
      [`${HEADER}\n${good}\nbad-0,Lagi,Aneka,1,1`, /line 3: sku bad-0 is in line 2 already/],
      [`${HEADER}\n${good}\nBAD-1,${'x'.repeat(201)},Aneka,1,1`, /line 3: name /],
      [`${HEADER}\n${good}\n,Tanpa,Aneka,1,1`, /line 3: sku /],
      [`${HEADER},active\n${good},mungkin`, /line 2: active /],
      [`${HEADER},stock_policy\n${good},mungkin`, /line 2: stock_policy /],
      [`${HEADER},description\n${good},enak, sekali`, /line 2: .*7 fields/],
      [`${HEADER}\n${good}\nBAD-1,"Tak berakhir,Aneka,1,1`, /line \d/],
    ]
    for (const [text, ...mistakes] of cases) {
      const { code, out, err } = await importText(text)
      assert.deepEqual([code, out], [1, ''], `${text}\n${err}`)
      for (const mistake of mistakes) assert.match(err, mistake, text)
      assert.match(err, /nothing was imported/, text)
      assert.doesNotMatch(err, /\n\s+at /, text)
    }
    assert.deepEqual(await rows('BAD-0', 'BAD-1'), [])
  })

  it('S1 ends with 1 and a sentence when it is asked wrongly or there is no such file', async () => {
    const wrong = [
      ['import', 'products', join(folder, 'none.csv')],
      ['import', 'products'],
      ['import', 'orders', SAMPLE],
      ['import', 'products', SAMPLE, '--force'],
      ['export', 'orders'],
    ]
    for (const args of wrong) {
      const { code, out, err } = await karya(...args)
      assert.deepEqual([code, out], [1, ''], args.join(' '))
      assert.match(err, /^karya: \S/, args.join(' '))
      assert.doesNotMatch(err, /\n\s+at /, args.join(' '))
    }
  })
})
