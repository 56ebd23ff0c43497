import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop, unique } from './test-shop.ts'

const CATEGORIES = '/api/v1/categories'

onEach(engines, 'categories', (backend) => {
  let shop: TestShop
  let token: string
  before(async () => {
    shop = await startTestShop(backend)
    token = shop.administrator.token
  })
  after(async () => await shop.stop())

  const post = async (name: unknown) => await shop.ask('POST', CATEGORIES, { token, body: { name } })

  it('S1 creates, reads, renames and deletes a category', async () => {
    const made = await post('  Minuman ')
    assert.equal(made.status, 201, made.text)
    const { id, name, version } = made.body
    assert.deepEqual([name, version, made.headers['location']], ['Minuman', 1, `${CATEGORIES}/${id}`])
    const read = await shop.ask('GET', `${CATEGORIES}/${id}`)
    assert.deepEqual([read.status, read.headers['etag'], read.body], [200, '"1"', made.body])

    const renamed = await shop.ask('PUT', `${CATEGORIES}/${id}`, { token, body: { name: 'Minuman Dingin' } })
    assert.deepEqual([renamed.status, renamed.body.name, renamed.body.version], [200, 'Minuman Dingin', 2])
    assert.equal((await shop.ask('DELETE', `${CATEGORIES}/${id}`, { token })).status, 204)
    assert.equal((await shop.ask('GET', `${CATEGORIES}/${id}`)).status, 404)
    assert.equal((await post('Minuman Dingin')).status, 201)
  })

  it('S1 lets admins and production managers write categories, and everybody read them', async () => {
    const staff = await Promise.all(
      ['production_manager', 'operator', 'agent', 'customer'].map((role) => shop.enrol(role)),
    )
    const people: (Person | undefined)[] = [shop.administrator, ...staff, undefined]
    const statuses: number[][] = []
    for (const person of people) {
      const as = person === undefined ? {} : { token: person.token }
      const url = `${CATEGORIES}/${await shop.createCategory()}`
      const body = { name: unique('Peran') }
      statuses.push([
        (await shop.ask('GET', url, as)).status,
        (await shop.ask('GET', CATEGORIES, as)).status,
        (await shop.ask('POST', CATEGORIES, { ...as, body })).status,
        (await shop.ask('PUT', url, { ...as, body: { name: unique('Peran') } })).status,
        (await shop.ask('DELETE', url, as)).status,
      ])
    }
    const may = [200, 200, 201, 200, 204]
    const mayNot = [200, 200, 403, 403, 403]
    assert.deepEqual(statuses, [may, may, mayNot, mayNot, mayNot, [200, 200, 401, 401, 401]])
  })

  it('S1 refuses a second category of the same name, however it is written', async () => {
    const name = unique('Kopi É')
    await shop.createCategory(name)
    for (const same of [name, name.toLowerCase(), ` ${name.toUpperCase()}`, name.normalize('NFD')]) {
      const { status, body } = await post(same)
      assert.deepEqual([status, body.code], [409, 'category_name_taken'], same)
    }
    const other = await shop.createCategory()
    const put = await shop.ask('PUT', `${CATEGORIES}/${other}`, { token, body: { name: name.toLowerCase() } })
    assert.deepEqual([put.status, put.body.code], [409, 'category_name_taken'])
  })

  it('S1 lets a category change the case of its own name', async () => {
    const name = unique('kecil')
    const id = await shop.createCategory(name)
    const url = `${CATEGORIES}/${id}`
    const { status, body } = await shop.ask('PUT', url, { token, body: { name: name.toUpperCase() } })
    assert.deepEqual([status, body.name], [200, name.toUpperCase()])
  })

  it('S1 refuses names that are none, and fields that are not known', async () => {
    for (const name of [undefined, null, 7, '', ' \n', 'x'.repeat(201)]) {
      const { status, body } = await post(name)
      assert.deepEqual([status, body.errors[0].pointer], [400, '/name'])
    }
    const { status } = await shop.ask('POST', CATEGORIES, { token, body: { name: 'Satu', colour: 'red' } })
    assert.equal(status, 400)
  })

  it('S1 answers 404 for a category that is not there', async () => {
    for (const id of [NOBODYS_ID, 'Kopi']) {
      const url = `${CATEGORIES}/${id}`
      const answers = [
        await shop.ask('GET', url),
        await shop.ask('PUT', url, { token, body: { name: unique('Tidak') } }),
        await shop.ask('DELETE', url, { token }),
      ]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [404, 404, 404],
      )
    }
  })

  it('S1 keeps a category that is in use', async () => {
    const category = await shop.createCategory()
    const product = await shop.stockUp({ category_id: category, active: false })
    const refused = await shop.ask('DELETE', `${CATEGORIES}/${category}`, { token })
    assert.deepEqual([refused.status, refused.body.code], [409, 'category_in_use'])
    const body = { category_id: shop.categoryId }
    await shop.ask('PUT', `/api/v1/products/${product.id}`, { token, body })
    assert.equal((await shop.ask('DELETE', `${CATEGORIES}/${category}`, { token })).status, 204)
  })

  it('S1 lets a category go when all its products are deleted, and its name is free again', async () => {
    const create = async () => await shop.ask('POST', CATEGORIES, { token, body: { name: 'Musiman' } })
    const { body: category } = await create()
    const product = await shop.stockUp({ category_id: category.id })
    await shop.ask('DELETE', `/api/v1/products/${product.id}`, { token })
    assert.equal((await shop.ask('DELETE', `${CATEGORIES}/${category.id}`, { token })).status, 204)
    assert.equal((await shop.ask('GET', `${CATEGORIES}/${category.id}`)).status, 404)
    assert.equal((await create()).status, 201)
  })

  it('S1 never loses a category from under a product that is made at the same time', async () => {
    for (let round = 0; round < 15; round += 1) {
      const category = await shop.createCategory()
      const body = { name: 'Baru', price: 1, stock: 0, category_id: category }
      const asks = [
        () => shop.ask('POST', '/api/v1/products', { token, body }),
        () => shop.ask('DELETE', `${CATEGORIES}/${category}`, { token }),
      ]
      if (round % 2 === 1) asks.reverse()
      const [one, two] = await Promise.all(asks.map((ask) => ask()))
      const statuses = [one?.status ?? 0, two?.status ?? 0].sort((a, b) => a - b).join()
      assert.ok(['201,409', '204,404'].includes(statuses), `${one?.text} ${two?.text}`)
    }
  })

  it('C7 guards a category with If-Match and answers 304 for the version that is known', async () => {
    const url = `${CATEGORIES}/${await shop.createCategory()}`
    const put = async (tag: string) =>
      await shop.ask('PUT', url, { token, body: { name: unique('Versi') }, headers: { 'if-match': tag } })
    assert.equal((await put('"1"')).status, 200)
    const stale = await put('"1"')
    assert.deepEqual([stale.status, stale.body.current_version], [412, 2])
    const gone = await shop.ask('DELETE', url, { token, headers: { 'if-match': '"1"' } })
    assert.equal(gone.status, 412)
    const known = await shop.ask('GET', url, { headers: { 'if-none-match': '"2"' } })
    assert.deepEqual([known.status, known.text], [304, ''])
  })

  it('C5 lists categories by name, page by page, and finds them by part of the name', async () => {
    const mark = unique('m').slice(-8)
    const names = ['b', 'É', 'a', '10%', '10_', 'C'].map((name) => `${mark} ${name}`)
    for (const name of names) await shop.createCategory(name)
    const walked: string[] = []
    let cursor = ''
    do {
      const { status, body, text } = await shop.ask('GET', `${CATEGORIES}?q=${mark}&limit=4${cursor}`)
      assert.equal(status, 200, text)
      walked.push(...body.data.map((category: { name: string }) => category.name))
      cursor = body.page.has_more ? `&cursor=${body.page.next_cursor}` : ''
    } while (cursor !== '')
    assert.deepEqual(
      walked,
      ['10%', '10_', 'a', 'b', 'C', 'É'].map((name) => `${mark} ${name}`),
    )
    const percent = await shop.ask('GET', `${CATEGORIES}?q=${encodeURIComponent(`${mark} 10%`)}`)
    assert.deepEqual(
      percent.body.data.map((category: { name: string }) => category.name),
      [`${mark} 10%`],
    )
    const { page } = (await shop.ask('GET', `${CATEGORIES}?q=${mark}&limit=4&page=2`)).body
    assert.deepEqual([page.number, page.total, page.total_pages, page.has_more], [2, 6, 2, false])
  })
})
