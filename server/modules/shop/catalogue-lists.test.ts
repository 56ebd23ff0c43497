import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { NOBODYS_ID, startTestShop, type TestShop, unique } from './test-shop.ts'

const PRODUCTS = '/api/v1/products'
const SORTS = ['name', '-name', 'price', '-price', 'created_at', '-created_at', 'stock', '-stock'] as const

type Listed = { id: string; name: string; price: number; stock: number; created_at: string }

onEach(engines, 'lists of products', (backend) => {
  let shop: TestShop
  before(async () => {
    shop = await startTestShop(backend)
  })
  after(async () => await shop.stop())

  async function list(query: Record<string, string>) {
    return await shop.ask('GET', `${PRODUCTS}?${new URLSearchParams(query).toString()}`)
  }
  async function namesOf(query: Record<string, string>): Promise<string[]> {
    const { status, body, text } = await list({ sort: 'created_at', ...query })
    assert.equal(status, 200, text)
    return body.data.map(({ name }: Listed) => name)
  }

  it('S1 filters by category', async () => {
    const category_id = await shop.createCategory()
    await shop.stockUp({ category_id, name: 'Satu' })
    await shop.stockUp({ category_id, name: 'Dua' })
    await shop.stockUp({ name: 'Lain' })
    assert.deepEqual(await namesOf({ category_id }), ['Satu', 'Dua'])
    assert.deepEqual(await namesOf({ category_id, q: 'dua' }), ['Dua'])
    assert.deepEqual(await namesOf({ category_id: NOBODYS_ID }), [])
  })

  it('S1 finds in name, SKU and description, whatever the case, and takes wildcards as they are', async () => {
    const category_id = await shop.createCategory()
    const names = ['100% Arabika', '100 Arabika', 'a_b', 'axb', 'Wow!', 'Wow', 'CAFÉ', 'back\\slash', "d'Or"]
    for (const name of names) await shop.stockUp({ category_id, name })
    await shop.stockUp({ category_id, name: 'SKU', sku: unique('ZZ-Sku') })
    await shop.stockUp({ category_id, name: 'Cerita', description: 'Digoreng\nHANGAT' })
    const finds = async (q: string, expected: string[]) =>
      assert.deepEqual(await namesOf({ category_id, q }), expected, q)
    await finds('%', ['100% Arabika'])
    await finds('100%', ['100% Arabika'])
    await finds('_', ['a_b'])
    await finds('A_B', ['a_b'])
    await finds('!', ['Wow!'])
    await finds('wow!', ['Wow!'])
    await finds('café', ['CAFÉ'])
    await finds('É', ['CAFÉ'])
    await finds('É'.normalize('NFD'), ['CAFÉ'])
    await finds('CAFE', [])
    await finds('\\', ['back\\slash'])
    await finds("'", ["d'Or"])
    await finds('zz-sKU', ['SKU'])
    await finds('hangat', ['Cerita'])
    await finds('goreng dingin', [])
    assert.equal((await namesOf({ category_id, q: ' ' })).length, 11)
  })

  it('S1 filters by price, by what is in stock, and by all of it together, with cursors and page numbers', async () => {
    const category_id = await shop.createCategory()
    const made: [string, number, number][] = [
      ['A', 100, 0],
      ['B', 200, 5],
      ['C', 300, 0],
      ['D', 400, 7],
      ['E dua', 400, 1],
    ]
    for (const [name, price, stock] of made) await shop.stockUp({ category_id, name, price, stock })
    const finds = async (query: Record<string, string>, expected: string[]) => {
      assert.deepEqual(await namesOf({ category_id, ...query }), expected, JSON.stringify(query))
      const numbered = await list({ category_id, sort: 'created_at', limit: '1', page: '1', ...query })
      assert.equal(numbered.body.page.total, expected.length, JSON.stringify(query))
      const walked: string[] = []
      let cursor: string | null = null
      do {
        const at: Record<string, string> = cursor === null ? {} : { cursor }
        const { body } = await list({ category_id, sort: '-stock', limit: '1', ...query, ...at })
        walked.push(...body.data.map(({ name }: Listed) => name))
        cursor = body.page.next_cursor
      } while (cursor !== null)
      assert.deepEqual(walked.toSorted(), expected.toSorted(), JSON.stringify(query))
    }
    await finds({ min_price: '200' }, ['B', 'C', 'D', 'E dua'])
    await finds({ max_price: '200' }, ['A', 'B'])
    await finds({ min_price: '200', max_price: '300' }, ['B', 'C'])
    await finds({ min_price: '301', max_price: '300' }, [])
    await finds({ in_stock: 'true' }, ['B', 'D', 'E dua'])
    await finds({ in_stock: 'false' }, ['A', 'C'])
    await finds({ in_stock: 'true', min_price: '400', q: 'DUA' }, ['E dua'])
    const [b] = (await list({ category_id, q: 'b' })).body.data
    await shop.sell(b.id, 5)
    await finds({ in_stock: 'true' }, ['D', 'E dua'])
  })

  it('S1 lets only those who write products ask for hidden ones, and caches no answer for others', async () => {
    const category_id = await shop.createCategory()
    await shop.stockUp({ category_id, name: 'Terlihat' })
    await shop.stockUp({ category_id, name: 'Tersembunyi', active: false })
    const ask = async (active: string, caller: { token?: string }) =>
      await shop.ask('GET', `${PRODUCTS}?category_id=${category_id}&sort=name&active=${active}`, caller)
    for (const active of ['true', 'false', 'true']) {
      const mine = await ask(active, shop.administrator)
      assert.deepEqual(
        mine.body.data.map(({ name }: Listed) => name),
        [active === 'true' ? 'Terlihat' : 'Tersembunyi'],
      )
      assert.deepEqual([(await ask(active, {})).status, (await ask(active, shop.buyer)).status], [401, 403])
    }
    assert.deepEqual(await namesOf({ category_id }), ['Terlihat'])
  })

  it('C5 walks every order page by page without a gap or a repeat while products come in', async () => {
    const category_id = await shop.createCategory()
    for (let index = 0; index < 23; index += 1) {
      await shop.stockUp({
        category_id,
        name: `N${(index * 7) % 10} é`,
        price: (index * 3) % 5,
        stock: index % 4,
      })
    }
    for (const sort of SORTS) {
      const { body: before } = await list({ category_id, sort, limit: '100' })
      const expected: Listed[] = before.data
      const by = sort.replace('-', '')
      const keys = expected.map((one) =>
        by === 'price' ? one.price : by === 'stock' ? one.stock : by === 'name' ? one.name : one.created_at,
      )
      const sorted = keys.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
      assert.deepEqual(keys, sort.startsWith('-') ? sorted.toReversed() : sorted, sort)

      const walked: string[] = []
      let cursor: string | null = null
      do {
        const at: Record<string, string> = cursor === null ? {} : { cursor }
        const { status, body, text } = await list({ category_id, sort, limit: '4', ...at })
        assert.equal(status, 200, text)
        assert.ok(body.data.length <= 4)
        assert.equal(body.page.has_more, body.page.next_cursor !== null)
        walked.push(...body.data.map(({ id }: Listed) => id))
        cursor = body.page.next_cursor
        await shop.stockUp({ category_id, name: `N${walked.length % 10} baru`, price: walked.length % 5 })
        assert.ok(walked.length < 200, 'the walk does not end')
      } while (cursor !== null)
      assert.equal(new Set(walked).size, walked.length, `${sort}: a repeat`)
      const known = new Set(expected.map(({ id }) => id))
      assert.deepEqual(
        walked.filter((id) => known.has(id)),
        expected.map(({ id }) => id),
        `${sort}: a gap`,
      )
    }
  })

  it('C5 refuses a cursor of another order, and what is no cursor', async () => {
    const category_id = await shop.createCategory()
    for (let index = 0; index < 3; index += 1) await shop.stockUp({ category_id })
    const { body } = await list({ category_id, sort: 'name', limit: '1' })
    const cursors = [
      body.page.next_cursor,
      'x',
      '',
      Buffer.from('["products.price_minor"]').toString('base64url'),
    ]
    for (const cursor of cursors) {
      const answer = await list({ category_id, sort: 'price', cursor })
      assert.deepEqual([answer.status, answer.body.errors?.[0].pointer], [400, 'cursor'], cursor)
    }
  })

  it('C4 C5 refuses a cursor of a time that not every engine knows', async () => {
    for (const year of [-271_000, -6_000, -1, 0, 999, 10_000, 275_000]) {
      const time = new Date(0).setUTCFullYear(year)
      const cursor = Buffer.from(JSON.stringify(['products.created_at', time, NOBODYS_ID])).toString(
        'base64url',
      )
      const answer = await list({ cursor })
      assert.deepEqual([answer.status, answer.body.errors?.[0].pointer], [400, 'cursor'], String(year))
    }
  })

  it('C5 numbers the pages that are asked for by number', async () => {
    const category_id = await shop.createCategory()
    const all: string[] = []
    for (let index = 0; index < 5; index += 1) {
      const name = `P${index}`
      await shop.stockUp({ category_id, name })
      all.push(name)
    }
    const pages: [string, string[], boolean][] = [
      ['1', all.slice(0, 2), true],
      ['2', all.slice(2, 4), true],
      ['3', all.slice(4), false],
      ['4', [], false],
    ]
    for (const [page, names, hasMore] of pages) {
      const { body } = await list({ category_id, sort: 'created_at', limit: '2', page })
      assert.deepEqual(
        body.data.map(({ name }: Listed) => name),
        names,
      )
      const { number, total, total_pages, has_more } = body.page
      assert.deepEqual([number, total, total_pages, has_more], [Number(page), 5, 3, hasMore])
    }
    assert.deepEqual(Object.keys((await list({ category_id })).body.page).sort(), ['has_more', 'next_cursor'])
  })

  it('C5 refuses parameters that are unknown, out of bounds or of the wrong form', async () => {
    const wrong = [
      ['limit', '0'],
      ['limit', '101'],
      ['limit', '1.5'],
      ['limit', 'x'],
      ['page', '0'],
      ['page', '-1'],
      ['sort', 'sku'],
      ['sort', '+stock'],
      ['min_price', '-1'],
      ['min_price', '1.5'],
      ['max_price', 'x'],
      ['max_price', '9007199254740993'],
      ['in_stock', '1'],
      ['in_stock', ''],
      ['active', 'yes'],
      ['sort', 'Name'],
      ['category_id', 'Kopi'],
      ['q', 'x'.repeat(201)],
      ['colour', 'red'],
    ] as const
    for (const [name, value] of wrong) {
      const { status, body, text } = await list({ [name]: value })
      assert.deepEqual([status, body.errors?.[0].pointer], [400, name], text)
    }
    assert.equal((await list({ q: '\0' })).status, 400)
    for (const limit of ['1', '100']) assert.equal((await list({ limit })).status, 200)
  })

  it('C5 shows 25 products without a limit', async () => {
    const category_id = await shop.createCategory()
    for (let index = 0; index < 26; index += 1) await shop.stockUp({ category_id })
    const { body } = await list({ category_id })
    assert.deepEqual([body.data.length, body.page.has_more], [25, true])
  })
})
