import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type Answer, startTestApp, type TestApp } from '#tests/test-app'
import { listOperations, NOBODY, type Operation, sampleOf, withTextReplaced } from './operations.ts'

const WRITING = new Set(['POST', 'PUT', 'PATCH'])

onEach(engines, 'bad input', (backend) => {
  let app: TestApp
  let operations: Operation[]
  let writing: Operation[]
  let token: string

  before(async () => {
    app = await startTestApp(backend)
    token = app.administrator.token
    operations = await listOperations(app)
    writing = operations.filter(({ method, body }) => WRITING.has(method) && body !== null)
    assert.ok(writing.length >= 10, `only ${writing.length} routes take a body`)
  })
  after(async () => await app.stop())

  async function send({ method, url }: Operation, body: string): Promise<Answer> {
    // Signing out would end the session that the other routes are asked with.
    const caller = url.endsWith('/logout') ? {} : { token }
    return await app.ask(method, url, { ...caller, body })
  }

  /** Resolves when every event so far has had its effect, for those write rows as well. */
  async function settle(): Promise<void> {
    await eventually(
      async () => {
        const unpositioned = await app.db
          .selectFrom('outbox')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('position', 'is', null)
          .executeTakeFirstOrThrow()
        const log = await app.db
          .selectFrom('outbox')
          .select((eb) => eb.fn.max('position').as('head'))
          .executeTakeFirstOrThrow()
        const reader = await app.db
          .selectFrom('event_readers')
          .select('cursor')
          .where('name', '=', 'log')
          .executeTakeFirst()
        return [unpositioned.count, Number(log.head) - Number(reader?.cursor)]
      },
      (behind) => behind.every((count) => count === 0),
    )
  }

  async function countRows(): Promise<Record<string, number>> {
    await settle()
    const tables = await app.db.introspection.getTables()
    const counts: Record<string, number> = {}
    for (const { name } of tables) {
      const { rows } = await sql<{ n: number }>`select count(*) as n from ${sql.table(name)}`.execute(app.db)
      counts[name] = Number(rows[0]?.n)
    }
    return counts
  }

  function assertRefused(answer: Answer, what: string): void {
    assert.ok(answer.status >= 400 && answer.status < 500, `${what}: ${answer.status} ${answer.text}`)
    assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8', what)
    assert.equal(answer.body.status, answer.status, what)
    assert.equal(answer.body.request_id, answer.headers['x-request-id'], what)
  }

  /** Sends each text to each route that takes a body, and asks for 400 and no new row. */
  async function refuseAll(bodiesOf: (operation: Operation) => Iterable<string>, code?: string) {
    const rows = await countRows()
    for (const operation of writing) {
      for (const body of bodiesOf(operation)) {
        const answer = await send(operation, body)
        const what = `${operation.method} ${operation.path} with ${body.slice(0, 80)}`
        assertRefused(answer, what)
        assert.equal(answer.status, 400, `${what}: ${answer.text.slice(0, 500)}`)
        if (code !== undefined) assert.equal(answer.body.code, code, what)
      }
    }
    assert.deepEqual(await countRows(), rows)
  }

  it('C4 what is not JSON is refused by every route', async () => {
    await refuseAll(() => ['{', '{"a":}', "{'a':1}", '\u{feff}}', 'null x', '[1,]', 'NaN'], 'invalid_json')
  })

  it('C4 JSON that is not an object is refused by every route', async () => {
    await refuseAll(() => ['[]', '[{}]', '"text"', '1', 'true'], 'invalid_input')
  })

  it('C4 what needs no body is done without one, with an empty one and with null', async () => {
    for (const path of ['/api/v1/auth/logout', '/api/v1/auth/refresh']) {
      for (const options of [{}, { body: '' }, { body: 'null' }, { body: '{}' }]) {
        const answer = await app.ask('POST', path, options)
        const status = path.endsWith('logout') ? 204 : 401
        assert.equal(answer.status, status, `${path} ${JSON.stringify(options)}: ${answer.text}`)
      }
    }
    for (const options of [{}, { body: '' }, { body: 'null' }]) {
      assert.equal((await app.ask('POST', '/api/v1/auth/login', options)).status, 400)
    }
  })

  it('C4 a field that a route does not know is refused and named', async () => {
    await refuseAll(() => ['{"no_such_field":1}'], 'invalid_input')
    for (const operation of writing) {
      const { body } = await send(operation, '{"no_such_field":1}')
      const named = body.errors.find(({ pointer }: { pointer: string }) => pointer === '/no_such_field')
      assert.equal(named?.code, 'unknown_field', `${operation.method} ${operation.path}`)
    }
  })

  it('C4 the names of object machinery are refused and change no prototype', async () => {
    await refuseAll(() => [
      '{"__proto__":{"role":"admin"}}',
      '{"constructor":{"prototype":{"role":"admin"}}}',
      '{"constructor":1}',
      '{"toString":1,"hasOwnProperty":1}',
      '{"\\u005f_proto__":{"x":1}}',
    ])
    assert.equal(Reflect.get({}, 'role'), undefined)
    assert.equal(Reflect.get({}, 'x'), undefined)
  })

  it('C4 a NUL character is refused in every text of every route', async () => {
    await refuseAll(function* ({ body }) {
      for (const changed of withTextReplaced(sampleOf(body ?? {}), 'abc\0defgh'))
        yield JSON.stringify(changed)
      yield '{"a\\u0000b":1}'
    }, 'invalid_input')
  })

  it('C4 half a surrogate pair is refused in every text of every route', async () => {
    await refuseAll(function* ({ body }) {
      for (const half of ['abcdefgh\ud800', '\udc00abcdefgh']) {
        for (const changed of withTextReplaced(sampleOf(body ?? {}), half)) yield JSON.stringify(changed)
      }
    }, 'invalid_input')
  })

  it('C4 what is nested 10,000 and 200,000 levels deep is refused', async () => {
    await refuseAll(() =>
      [10_000, 200_000].flatMap((depth) => [
        `{"name":${'['.repeat(depth)}${']'.repeat(depth)}}`,
        `{"name":${'{"a":'.repeat(depth / 2)}1${'}'.repeat(depth / 2)}}`,
        '['.repeat(depth) + ']'.repeat(depth),
      ]),
    )
  })

  it('C4 a text of 10,000 characters is never a 5xx, whatever the characters', async () => {
    for (const operation of writing) {
      for (const text of [
        'x'.repeat(10_000),
        '😀'.repeat(5_000),
        `a${'\u0301'.repeat(9_999)}`,
        '\ufdfa'.repeat(200),
      ]) {
        for (const changed of withTextReplaced(sampleOf(operation.body ?? {}), text)) {
          const answer = await send(operation, JSON.stringify(changed))
          const what = `${operation.method} ${operation.path} ${text.slice(0, 4)} ${Object.keys(Object(changed)).join()}`
          assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`)
          if (answer.status >= 400) assertRefused(answer, what)
        }
      }
    }
  })

  it('C4 numbers that no integer of ours can hold are refused', async () => {
    const category = await app.ask('POST', '/api/v1/categories', { token, body: { name: 'Angka' } })
    const rest = `"name":"A","category_id":"${category.body.id}"`
    const rows = await countRows()
    for (const number of [
      '9007199254740993',
      '1e308',
      '1e999',
      '-1',
      '0.5',
      '"1"',
      '9223372036854775808',
      'null',
      '[]',
    ]) {
      for (const fields of [`"price":${number},"stock":1`, `"price":1,"stock":${number}`]) {
        const answer = await app.ask('POST', '/api/v1/products', { token, body: `{${rest},${fields}}` })
        assertRefused(answer, fields)
        assert.equal(answer.status, 400, fields)
      }
    }
    assert.deepEqual(await countRows(), rows)
    const largest = await app.ask('POST', '/api/v1/products', {
      token,
      body: `{${rest},"price":9007199254740991,"stock":1000000000}`,
    })
    assert.equal(largest.status, 201, largest.text)
    const { body } = await app.ask('GET', `/api/v1/products/${largest.body.id}`)
    assert.deepEqual([body.price, body.stock], [Number.MAX_SAFE_INTEGER, 1_000_000_000])
  })

  it('C5 a query parameter that is unknown, doubled or has a NUL is refused by every list', async () => {
    const lists = operations.filter(({ method, query }) => method === 'GET' && query.length > 0)
    assert.ok(lists.length >= 4)
    for (const { url, query } of lists) {
      const questions = ['no_such_parameter=1', '__proto__=1', 'constructor=1', 'limit[a]=1']
      for (const name of query) questions.push(`${name}=1&${name}=2`, `${name}=a%00b`)
      for (const question of questions) {
        const answer = await app.ask('GET', `${url}?${question}`, { token })
        assertRefused(answer, `${url}?${question}`)
        assert.equal(answer.status, 400, `${url}?${question}`)
      }
      for (const value of ['0', '101', '-1', '1.5', 'x', '', '1e2', '0x10', '99999999999999999999']) {
        const answer = await app.ask('GET', `${url}?limit=${value}`, { token })
        assert.equal(answer.status, 400, `${url}?limit=${value}`)
      }
    }
  })

  it('C4 an id that is none is a 404 of the same form, never a 5xx', async () => {
    const ids = [
      '1',
      'x'.repeat(199),
      'x'.repeat(201),
      'x'.repeat(5_000),
      '%00',
      NOBODY.toUpperCase(),
      `${NOBODY}0`,
      '__proto__',
      '%F0%9F%98%80',
      '%ED%A0%80',
      "'%20or%201=1",
      '..%2f..',
    ]
    for (const { method, path, body } of operations.filter((each) => each.path.includes('{id}'))) {
      for (const id of ids) {
        const answer = await app.ask(method, path.replace(/\{\w+\}/g, id), {
          token,
          ...(body === null ? {} : { body: sampleOf(body) }),
        })
        assertRefused(answer, `${method} ${path} ${id}`)
        assert.ok([400, 404].includes(answer.status), `${method} ${path} ${id}: ${answer.text}`)
      }
    }
  })

  it('C4 a route that takes no body, or has parameters and no records, still answers in this form', async () => {
    // A day needs no record before it can be written to.
    const ofRecords = operations.filter(({ path }) => path.includes('{') && !path.includes('{day}'))
    for (const operation of ofRecords) {
      const sample = operation.body === null ? undefined : sampleOf(operation.body)
      const answer = await app.ask(operation.method, operation.url, {
        token,
        ...(sample === undefined ? {} : { body: sample }),
      })
      assertRefused(answer, `${operation.method} ${operation.path}`)
    }
  })
})
