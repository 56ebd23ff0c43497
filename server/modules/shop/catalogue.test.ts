import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop, unique } from './test-shop.ts'

const PRODUCTS = '/api/v1/products'

onEach(engines, 'products', (backend) => {
  let shop: TestShop
  let token: string
  before(async () => {
    shop = await startTestShop(backend)
    token = shop.administrator.token
  })
  after(async () => await shop.stop())

  const valid = () => ({ name: 'Teh Pucuk', price: 5_000, stock: 3, category_id: shop.categoryId })

  it('S1 creates a product that everybody can read, with its address and its ETag', async () => {
    const body = { ...valid(), sku: 'TEH-1', description: 'Dingin\nsegar', img: 'https://img.test/teh.png' }
    const made = await shop.ask('POST', PRODUCTS, { token, body })
    assert.equal(made.status, 201, made.text)
    const { id, created_at, updated_at, ...rest } = made.body
    const counts = { on_hand: 3, available: 3, low_stock_at: null, stock_policy: 'deny' }
    assert.deepEqual(rest, { ...body, ...counts, images: [], active: true, version: 1 })
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/)
    assert.equal(created_at, updated_at)
    assert.equal(new Date(created_at).toISOString(), created_at)
    assert.deepEqual([made.headers['location'], made.headers['etag']], [`${PRODUCTS}/${id}`, '"1"'])

    const read = await shop.ask('GET', `${PRODUCTS}/${id}`)
    assert.deepEqual([read.status, read.headers['etag'], read.body], [200, '"1"', made.body])
  })

  it('S1 says null for what a product does not have', async () => {
    const { body } = await shop.ask('POST', PRODUCTS, { token, body: valid() })
    assert.deepEqual([body.sku, body.img, body.description, body.active], [null, null, null, true])
  })

  it('S1 lets admins and production managers write, and nobody else', async () => {
    const people: (Person | undefined)[] = [
      shop.administrator,
      ...(await Promise.all(['production_manager', 'operator', 'agent', 'customer'].map(shop.enrol))),
      undefined,
    ]
    const statuses: number[][] = []
    for (const person of people) {
      const as = person === undefined ? {} : { token: person.token }
      const [mine, other] = [await shop.stockUp(), await shop.stockUp()]
      const post = await shop.ask('POST', PRODUCTS, { ...as, body: valid() })
      const put = await shop.ask('PUT', `${PRODUCTS}/${mine.id}`, { ...as, body: { price: 1 } })
      const gone = await shop.ask('DELETE', `${PRODUCTS}/${other.id}`, as)
      const read = await shop.ask('GET', `${PRODUCTS}/${mine.id}`, as)
      statuses.push([post.status, put.status, gone.status, read.status])
      const allowed = post.status === 201
      assert.equal(read.body.price, allowed ? 1 : 15_000)
      assert.equal((await shop.ask('GET', `${PRODUCTS}/${other.id}`)).status, allowed ? 404 : 200)
    }
    const may = [201, 200, 204, 200]
    const mayNot = [403, 403, 403, 200]
    assert.deepEqual(statuses, [may, may, mayNot, mayNot, mayNot, [401, 401, 401, 200]])
  })

  it('S1 refuses what is missing, of the wrong form or not known, and points at it', async () => {
    const cases: [object | string, string][] = [
      [{ ...valid(), name: undefined }, '/name'],
      [{ ...valid(), name: '' }, '/name'],
      [{ ...valid(), name: '  \t ' }, '/name'],
      [{ ...valid(), name: 'x'.repeat(201) }, '/name'],
      [{ ...valid(), name: 'a\0b' }, '/name'],
      [{ ...valid(), price: undefined }, '/price'],
      [{ ...valid(), price: -1 }, '/price'],
      [{ ...valid(), price: 1.5 }, '/price'],
      [{ ...valid(), price: '5000' }, '/price'],
      [{ ...valid(), price: 2 ** 53 }, '/price'],
      [{ ...valid(), stock: -1 }, '/stock'],
      [{ ...valid(), stock: null }, '/stock'],
      [{ ...valid(), stock: 1_000_000_001 }, '/stock'],
      [{ ...valid(), category_id: 'Kopi' }, '/category_id'],
      [{ ...valid(), sku: '' }, '/sku'],
      [{ ...valid(), sku: 'x'.repeat(65) }, '/sku'],
      [{ ...valid(), description: 'x'.repeat(10_001) }, '/description'],
      [{ ...valid(), active: 'yes' }, '/active'],
      [{ ...valid(), version: 7 }, '/version'],
    ]
    for (const [body, pointer] of cases) {
      const answer = await shop.ask('POST', PRODUCTS, { token, body })
      assert.equal(answer.status, 400, `${pointer}: ${answer.text}`)
      assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
      assert.deepEqual([answer.body.errors[0].pointer, answer.body.status], [pointer, 400])
    }
    assert.equal((await shop.ask('POST', PRODUCTS, { token, body: '{"name"' })).status, 400)
    const nowhere = { ...valid(), category_id: NOBODYS_ID }
    const { status, body } = await shop.ask('POST', PRODUCTS, { token, body: nowhere })
    assert.deepEqual([status, body.code], [404, 'category_not_found'])
  })

  it('S1 takes the longest and largest values and keeps them to the last digit', async () => {
    const sku = unique('😀').padEnd(64, 'É').slice(0, 64)
    const body = {
      name: '漢'.repeat(200),
      price: Number.MAX_SAFE_INTEGER,
      stock: 1_000_000_000,
      category_id: shop.categoryId,
      sku,
      description: 'ﷺ'.repeat(10_000),
      img: `https://img.test/${'x'.repeat(1_900)}`,
    }
    const made = await shop.ask('POST', PRODUCTS, { token, body })
    assert.equal(made.status, 201, made.text.slice(0, 500))
    const read = await shop.ask('GET', `${PRODUCTS}/${made.body.id}`)
    for (const [name, value] of Object.entries(body)) assert.equal(read.body[name], value, name)
  })

  it('S1 changes only the fields that a PUT names', async () => {
    const before = await shop.stockUp({ sku: unique('s'), description: 'Lama', active: false })
    const changes = [{ price: 7 }, { name: ' Baru ' }, { description: null }, { active: true }, { sku: null }]
    const after: Record<string, unknown> = { ...before }
    for (const change of changes) {
      const { status, body, text } = await shop.ask('PUT', `${PRODUCTS}/${before.id}`, {
        token,
        body: change,
      })
      assert.equal(status, 200, text)
      Object.assign(after, change, 'name' in change ? { name: 'Baru' } : {}, {
        version: Number(after['version']) + 1,
        updated_at: body.updated_at,
      })
      assert.deepEqual(body, after)
      const read = await shop.ask('GET', `${PRODUCTS}/${before.id}`, { token })
      assert.deepEqual(read.body, after)
    }
  })

  it('S1 refuses a PUT of nothing, of null for what must be there, and of a category that is not', async () => {
    const { id } = await shop.stockUp()
    for (const body of [{}, { name: null }, { price: null }, { id: NOBODYS_ID }, []]) {
      assert.equal((await shop.ask('PUT', `${PRODUCTS}/${id}`, { token, body })).status, 400)
    }
    const moved = await shop.ask('PUT', `${PRODUCTS}/${id}`, { token, body: { category_id: NOBODYS_ID } })
    assert.deepEqual([moved.status, moved.body.code], [404, 'category_not_found'])
    assert.equal((await shop.ask('GET', `${PRODUCTS}/${id}`)).body.version, 1)
  })

  it('S1 keeps a SKU to one product, however it is written, until that product is deleted', async () => {
    const sku = unique('Ké')
    const first = await shop.stockUp({ sku })
    const second = await shop.stockUp()
    const again = ` ${sku.toUpperCase()} `
    for (const same of [sku, again, sku.normalize('NFD')]) {
      const { status, body } = await shop.ask('POST', PRODUCTS, { token, body: { ...valid(), sku: same } })
      assert.deepEqual([status, body.code], [409, 'sku_taken'], same)
    }
    const put = await shop.ask('PUT', `${PRODUCTS}/${second.id}`, { token, body: { sku: again } })
    assert.deepEqual([put.status, put.body.code], [409, 'sku_taken'])
    const own = await shop.ask('PUT', `${PRODUCTS}/${first.id}`, { token, body: { sku: again } })
    assert.deepEqual([own.status, own.body.sku], [200, again.trim()])

    assert.equal((await shop.ask('DELETE', `${PRODUCTS}/${first.id}`, { token })).status, 204)
    assert.equal((await shop.stockUp({ sku })).sku, sku)
  })

  it('S1 gives one SKU to one of many who ask for it at once', async () => {
    const body = { ...valid(), sku: unique('rebutan') }
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => shop.ask('POST', PRODUCTS, { token, body })),
    )
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
    assert.deepEqual(statuses, [201, ...Array.from({ length: 11 }, () => 409)])
  })

  it('S1 answers 404 for a deleted product to everybody and to every method', async () => {
    const { id } = await shop.stockUp()
    const gone = await shop.ask('DELETE', `${PRODUCTS}/${id}`, { token })
    assert.deepEqual([gone.status, gone.text], [204, ''])
    for (const missing of [id, NOBODYS_ID, 'tidak-ada', `${id}0`]) {
      const url = `${PRODUCTS}/${missing}`
      const answers = [
        await shop.ask('GET', url),
        await shop.ask('GET', url, { token }),
        await shop.ask('PUT', url, { token, body: { price: 1 } }),
        await shop.ask('DELETE', url, { token }),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404, 404],
      )
    }
  })

  it('S1 hides an inactive product from customers and shows it to those who write', async () => {
    const hidden = await shop.stockUp({ active: false, name: unique('Rahasia') })
    const url = `${PRODUCTS}/${hidden.id}`
    const list = `${PRODUCTS}?q=${encodeURIComponent(hidden.name)}`
    for (const as of [{}, { token: shop.buyer.token }]) {
      assert.equal((await shop.ask('GET', url, as)).status, 404)
      assert.deepEqual((await shop.ask('GET', list, as)).body.data, [])
      assert.equal((await shop.ask('GET', `${list}&page=1`, as)).body.page.total, 0)
    }
    assert.deepEqual((await shop.ask('GET', url, { token })).body, hidden)
    assert.deepEqual((await shop.ask('GET', list, { token })).body.data, [hidden])

    await shop.ask('PUT', url, { token, body: { active: true } })
    assert.equal((await shop.ask('GET', url)).status, 200)
    await shop.ask('PUT', url, { token, body: { active: false } })
    assert.equal((await shop.ask('GET', url)).status, 404)
  })

  it('C7 guards PUT and DELETE with If-Match, and says which version there is now', async () => {
    const { id } = await shop.stockUp()
    const url = `${PRODUCTS}/${id}`
    const put = async (tag: string) =>
      await shop.ask('PUT', url, { token, body: { price: 9 }, headers: { 'if-match': tag } })
    assert.equal((await put('"1"')).status, 200)
    for (const stale of ['"1"', '"3"', '"x"', 'W/"2"']) {
      const { status, body } = await put(stale)
      assert.deepEqual([status, body.code, body.current_version], [412, 'stale', 2], stale)
    }
    assert.deepEqual([(await put('*')).status, (await put('"3"')).status], [200, 200])
    const remove = async (tag: string) =>
      (await shop.ask('DELETE', url, { token, headers: { 'if-match': tag } })).status
    assert.deepEqual([await remove('"3"'), await remove('"4"')], [412, 204])
  })

  it('C7 lets one of many changes with the same If-Match through', async () => {
    const { id } = await shop.stockUp()
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, price) =>
        shop.ask('PUT', `${PRODUCTS}/${id}`, { token, body: { price }, headers: { 'if-match': '"1"' } }),
      ),
    )
    const statuses = answers.map(({ status }) => status).sort((a, b) => a - b)
    assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 412)])
  })

  it('C7 answers 304 to those who have the version that there is', async () => {
    const { id } = await shop.stockUp()
    const get = async (tag: string) =>
      await shop.ask('GET', `${PRODUCTS}/${id}`, { headers: { 'if-none-match': tag } })
    const known = await get('"1"')
    assert.deepEqual([known.status, known.text, known.headers['etag']], [304, '', '"1"'])
    assert.deepEqual([(await get('"0", W/"1"')).status, (await get('"2"')).status], [304, 200])
    await shop.ask('PUT', `${PRODUCTS}/${id}`, { token, body: { stock: 1 } })
    const changed = await get('"1"')
    assert.deepEqual([changed.status, changed.headers['etag'], changed.body.stock], [200, '"2"', 1])
  })
})
