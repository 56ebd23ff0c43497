import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestApp, type TestApp } from '#tests/test-app'

onEach(engines, 'entity tags', (backend) => {
  let app: TestApp
  let token: string
  let records: {
    readonly name: string
    readonly url: string
    readonly method: string
    readonly change: object
  }[]

  before(async () => {
    app = await startTestApp(backend)
    token = app.administrator.token
    const person = await app.enrol()
    const category = await app.ask('POST', '/api/v1/categories', { token, body: { name: 'Kopi' } })
    const product = await app.ask('POST', '/api/v1/products', {
      token,
      body: { name: 'Gayo', price: 1, stock: 9, category_id: category.body.id },
    })
    const ticket = await app.ask('POST', '/api/v1/tickets', {
      token,
      body: { title: 'Mesin bocor', description: 'Air menetes' },
    })
    records = [
      {
        name: 'category',
        url: `/api/v1/categories/${category.body.id}`,
        method: 'PUT',
        change: { name: 'Teh' },
      },
      { name: 'product', url: `/api/v1/products/${product.body.id}`, method: 'PUT', change: { price: 5 } },
      {
        name: 'ticket',
        url: `/api/v1/tickets/${ticket.body.id}`,
        method: 'PATCH',
        change: { title: 'Pompa macet' },
      },
      { name: 'user', url: `/api/v1/users/${person.id}`, method: 'PATCH', change: { name: 'Baru' } },
      { name: 'profile', url: '/api/v1/users/profile', method: 'PUT', change: { name: 'Saya' } },
    ]
  })
  after(async () => await app.stop())

  it('C7 every record has its version as its tag, and a list has none', async () => {
    for (const { name, url } of records) {
      const { headers, body } = await app.ask('GET', url, { token })
      assert.equal(headers['etag'], `"${body.version}"`, name)
    }
    assert.equal((await app.ask('GET', '/api/v1/products')).headers['etag'], undefined)
  })

  it('C7 If-None-Match gives an empty 304 for the tag, weak or among others or as *, else the record', async () => {
    for (const { name, url } of records) {
      const first = await app.ask('GET', url, { token })
      const tag = String(first.headers['etag'])
      for (const header of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
        const answer = await app.ask('GET', url, { token, headers: { 'if-none-match': header } })
        assert.equal(answer.status, 304, `${name} ${header}`)
        assert.equal(answer.text, '')
        assert.equal(answer.headers['etag'], tag)
      }
      for (const header of ['"99"', '99', 'garbage']) {
        const answer = await app.ask('GET', url, { token, headers: { 'if-none-match': header } })
        assert.equal(answer.status, 200, `${name} ${header}`)
        assert.equal(answer.text, first.text)
      }
    }
  })

  it('C7 If-Match lets the version through that was read, and *, and refuses all else with 412', async () => {
    for (const { name, url, method, change } of records) {
      const tag = String((await app.ask('GET', url, { token })).headers['etag'])
      const bare = tag.replaceAll('"', '')
      const before = await app.ask('GET', url, { token })
      for (const header of [
        '"99"',
        `W/${tag}`,
        bare,
        'garbage',
        '""',
        '"-1"',
        '"1e0"',
        '"9999999999999999999"',
        '',
      ]) {
        const answer = await app.ask(method, url, { token, body: change, headers: { 'if-match': header } })
        assert.equal(answer.status, 412, `${name} ${header}: ${answer.text}`)
        assert.equal(answer.body.code, 'stale')
        assert.equal(answer.body.current_version, Number(bare))
      }
      assert.equal((await app.ask('GET', url, { token })).text, before.text)
      const passed = await app.ask(method, url, {
        token,
        body: change,
        headers: { 'if-match': `"99", ${tag}` },
      })
      assert.equal(passed.status, 200, `${name}: ${passed.text}`)
      assert.equal(passed.headers['etag'], `"${Number(bare) + 1}"`)
      const again = await app.ask(method, url, { token, body: change, headers: { 'if-match': tag } })
      assert.equal(again.status, 412, name)
      const any = await app.ask(method, url, { token, body: change, headers: { 'if-match': '*' } })
      assert.equal(any.status, 200, name)
    }
  })

  it('C7 of those who change one version at once exactly one passes', async () => {
    const [category] = records
    assert.ok(category)
    const tag = String((await app.ask('GET', category.url)).headers['etag'])
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        app.ask('PUT', category.url, {
          token,
          body: { name: `Nama ${index}` },
          headers: { 'if-match': tag },
        }),
      ),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [200, ...Array.from({ length: 9 }, () => 412)])
  })

  it('C7 DELETE is guarded as well', async () => {
    const { body } = await app.ask('POST', '/api/v1/categories', { token, body: { name: 'Hapus' } })
    const url = `/api/v1/categories/${body.id}`
    assert.equal((await app.ask('DELETE', url, { token, headers: { 'if-match': '"7"' } })).status, 412)
    assert.equal((await app.ask('GET', url)).status, 200)
    assert.equal((await app.ask('DELETE', url, { token, headers: { 'if-match': '"1"' } })).status, 204)
    assert.equal((await app.ask('GET', url)).status, 404)
  })
})
