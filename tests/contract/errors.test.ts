import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import { assertProblem } from './problem.ts'

const NOBODY = '0190a000-0000-7000-8000-000000000000'
const RESERVED = ['type', 'title', 'status', 'detail', 'instance', 'code', 'error', 'request_id']

onEach(engines, 'errors', (backend) => {
  let app: TestApp
  let buyer: Person
  let categoryId: string

  before(async () => {
    app = await startTestApp(backend)
    buyer = await app.enrol()
    const made = await app.ask('POST', '/api/v1/categories', {
      token: app.administrator.token,
      body: { name: 'Kopi' },
    })
    categoryId = made.body.id
  })
  after(async () => await app.stop())

  type Case = {
    readonly status: number
    readonly code: string
    readonly en: string | RegExp
    readonly id: string | RegExp
    readonly ask: (headers: Record<string, string>) => Promise<Answer>
  }
  const cases: readonly Case[] = [
    {
      status: 400,
      code: 'invalid_json',
      en: 'invalid JSON body',
      id: 'isi JSON tidak valid',
      ask: async (headers) => await app.ask('POST', '/api/v1/auth/login', { body: '{"email":', headers }),
    },
    {
      status: 400,
      code: 'invalid_input',
      en: 'The request is not valid.',
      id: 'Permintaan tidak valid.',
      ask: async (headers) => await app.ask('POST', '/api/v1/auth/login', { body: { email: 5 }, headers }),
    },
    {
      status: 400,
      code: 'bad_request',
      en: 'The request is malformed.',
      id: 'Bentuk permintaan salah.',
      ask: async (headers) => await app.ask('GET', '/api/v1/products/%zz', { headers }),
    },
    {
      status: 401,
      code: 'missing_authorization',
      en: 'missing authorization header',
      id: 'header otorisasi tidak ada',
      ask: async (headers) => await app.ask('GET', '/api/v1/users/profile', { headers }),
    },
    {
      status: 401,
      code: 'invalid_token',
      en: 'invalid token',
      id: 'token tidak valid',
      ask: async (headers) => await app.ask('GET', '/api/v1/users/profile', { token: 'abc', headers }),
    },
    {
      status: 403,
      code: 'missing_permission',
      en: 'You need the permission users:read for this.',
      id: 'Anda memerlukan izin users:read untuk ini.',
      ask: async (headers) => await app.ask('GET', '/api/v1/users', { token: buyer.token, headers }),
    },
    {
      status: 404,
      code: 'route_not_found',
      en: 'There is nothing here.',
      id: 'Tidak ada apa pun di sini.',
      ask: async (headers) => await app.ask('GET', '/api/v1/nothing', { headers }),
    },
    {
      status: 404,
      code: 'route_not_found',
      en: 'There is nothing here.',
      id: 'Tidak ada apa pun di sini.',
      ask: async (headers) => await app.ask('PATCH', '/api/v1/auth/login', { body: {}, headers }),
    },
    {
      status: 404,
      code: 'product_not_found',
      en: /./,
      id: /./,
      ask: async (headers) => await app.ask('GET', `/api/v1/products/${NOBODY}`, { headers }),
    },
    {
      status: 404,
      code: 'not_found',
      en: 'Not found.',
      id: 'Tidak ditemukan.',
      ask: async (headers) => await app.ask('GET', '/api/v1/products/17', { headers }),
    },
    {
      status: 409,
      code: 'category_name_taken',
      en: /./,
      id: /./,
      ask: async (headers) =>
        await app.ask('POST', '/api/v1/categories', {
          token: app.administrator.token,
          body: { name: 'KOPI' },
          headers,
        }),
    },
    {
      status: 412,
      code: 'stale',
      en: 'The record has changed since you read it.',
      id: 'Data telah berubah sejak Anda membacanya.',
      ask: async (headers) =>
        await app.ask('PUT', `/api/v1/categories/${categoryId}`, {
          token: app.administrator.token,
          body: { name: 'Teh' },
          headers: { ...headers, 'if-match': '"99"' },
        }),
    },
    {
      status: 413,
      code: 'body_too_large',
      en: 'The request body is too large.',
      id: 'Isi permintaan terlalu besar.',
      ask: async (headers) =>
        await app.ask('POST', '/api/v1/auth/login', {
          body: { email: 'x'.repeat(2 * 1024 * 1024) },
          headers,
        }),
    },
    {
      status: 415,
      code: 'unsupported_media_type',
      en: 'The body must be sent as application/json.',
      id: 'Isi harus dikirim sebagai application/json.',
      ask: async (headers) =>
        await app.ask('POST', '/api/v1/auth/login', {
          body: 'email=a',
          headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
        }),
    },
    {
      status: 422,
      code: 'idempotency_key_reused',
      en: 'This Idempotency-Key was used before with another request.',
      id: 'Idempotency-Key ini sudah dipakai untuk permintaan lain.',
      async ask(headers) {
        const key = { ...headers, 'idempotency-key': `reused-${headers['accept-language']}` }
        const { token } = app.administrator
        for (const name of ['first', 'second']) {
          const answer = await app.ask('POST', '/api/v1/categories', {
            token,
            body: { name: `${name} ${key['idempotency-key']}` },
            headers: key,
          })
          if (name === 'second') return answer
        }
        throw new Error('unreachable')
      },
    },
  ]

  for (const { status, code, en, id, ask } of cases) {
    it(`C3 C4 a ${status} ${code} is a problem in English and in Indonesian`, async () => {
      for (const [language, sentence] of [
        ['en', en],
        ['id', id],
      ] as const) {
        const answer = await ask({ 'accept-language': language, 'x-request-id': `mine-${language}` })
        assertProblem(answer, status, code)
        assert.equal(answer.body.request_id, `mine-${language}`)
        if (typeof sentence === 'string') assert.equal(answer.body.error, sentence)
        else assert.match(answer.body.error, sentence)
        if (status === 401) assert.equal(answer.headers['www-authenticate'], 'Bearer')
      }
      const [inEnglish, inIndonesian] = await Promise.all([
        ask({ 'accept-language': 'en' }),
        ask({ 'accept-language': 'id' }),
      ])
      assert.notEqual(inEnglish.body.error, inIndonesian.body.error)
      assert.notEqual(inEnglish.body.title, inIndonesian.body.title)
    })
  }

  it('C3 invalid input names every wrong field with pointer, code and sentence', async () => {
    const { body } = await app.ask('POST', '/api/v1/products', {
      token: app.administrator.token,
      body: { name: '', price: -1, 'a/b~c': 1 },
      headers: { 'accept-language': 'id' },
    })
    const found = new Map<string, string>(
      body.errors.map(({ pointer, code }: { pointer: string; code: string }) => [pointer, code]),
    )
    assert.equal(found.get('/price'), 'minimum')
    assert.equal(found.get('/stock'), 'required')
    assert.equal(found.get('/category_id'), 'required')
    assert.equal(found.get('/a~1b~0c'), 'unknown_field')
    for (const error of body.errors) assert.deepEqual(Object.keys(error), ['pointer', 'code', 'message'])
    const price = body.errors.find(({ pointer }: { pointer: string }) => pointer === '/price')
    assert.equal(price.message, 'minimal 0')
  })

  it('C4 a 409 carries its facts beside the reserved members', async () => {
    const product = await app.ask('POST', '/api/v1/products', {
      token: app.administrator.token,
      body: { name: 'Satu', price: 1, stock: 1, category_id: categoryId },
    })
    const answer = await app.ask('POST', '/api/v1/transactions', {
      token: buyer.token,
      body: { products: [{ id: product.body.id, qty: 5 }] },
    })
    assertProblem(answer, 409, 'insufficient_stock')
    assert.equal(answer.body.available[0].available, 1)
    assert.equal(typeof answer.body.error, 'string')
  })

  it('C3 a request id that is not sane is replaced by one of ours', async () => {
    for (const given of ['', 'a b', 'x'.repeat(129), 'näh']) {
      const answer = await app.ask('GET', '/api/v1/nothing', { headers: { 'x-request-id': given } })
      assertProblem(answer, 404, 'route_not_found')
      assert.match(answer.body.request_id, /^[0-9a-f-]{36}$/)
    }
  })

  it('C3 an unexpected error is a plain 500, and its stack is in the log only', async () => {
    const { schema } = app.db
    await schema.alterTable('order_lines').renameTo('gone_lines').execute()
    try {
      for (const [language, sentence] of [
        ['en', 'Something went wrong on our side.'],
        ['id', 'Terjadi kesalahan di pihak kami.'],
      ] as const) {
        const product = await app.ask('POST', '/api/v1/products', {
          token: app.administrator.token,
          body: { name: 'Dua', price: 1, stock: 1, category_id: categoryId },
        })
        const answer = await app.ask('POST', '/api/v1/transactions', {
          token: buyer.token,
          body: { products: [{ id: product.body.id, qty: 1 }] },
          headers: { 'accept-language': language },
        })
        assertProblem(answer, 500, 'internal')
        assert.equal(answer.body.error, sentence)
        assert.deepEqual(Object.keys(answer.body).toSorted(), RESERVED.toSorted())
        assert.doesNotMatch(answer.text, /order_lines/)
        const { body: left } = await app.ask('GET', `/api/v1/products/${product.body.id}`)
        assert.equal(left.stock, 1, 'the failed order took stock')
      }
      assert.match(app.logged(), /order_lines/)
      assert.match(app.logged(), /"stack":/)
    } finally {
      await schema.alterTable('gone_lines').renameTo('order_lines').execute()
    }
  })
})
