import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createRewrite } from '#platform/http/aliases'
import { backends } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'
import { aliases } from '../../server/aliases.ts'
import { listOperations, type Operation } from './operations.ts'

const [sqlite] = backends
assert.ok(sqlite)

describe('paths and their description', () => {
  let app: TestApp
  let operations: Operation[]
  before(async () => {
    app = await startTestApp(sqlite)
    operations = await listOperations(app)
  })
  after(async () => await app.stop())

  it('C1 every alias answers what its path answers', async () => {
    const forget = (text: string) => text.replaceAll(/"(request_id|instance)":"[^"]*"/g, '')
    for (const [alias, path] of aliases) {
      for (const method of ['GET', 'POST', 'PUT', 'DELETE']) {
        for (const rest of ['', '?x=1', '/sessions?limit=1', '/login', '/none/such']) {
          const options = method === 'POST' ? { body: { email: 'a@karya.test', password: 'wrong' } } : {}
          const [there, here] = [
            await app.ask(method, `${alias}${rest}`, { token: app.administrator.token, ...options }),
            await app.ask(method, `${path}${rest}`, { token: app.administrator.token, ...options }),
          ]
          assert.equal(there.status, here.status, `${method} ${alias}${rest}`)
          assert.equal(forget(there.text), forget(here.text), `${method} ${alias}${rest}`)
        }
      }
    }
  })

  it('C1 somebody signs in at each of the three paths, and an alias is named in an error as it was asked', async () => {
    for (const path of ['/login', '/api/auth/login', '/api/v1/users/login', '/api/v1/auth/login']) {
      const { status, body } = await app.ask('POST', path, {
        body: { email: app.administrator.email, password: PASSWORD },
      })
      assert.equal(status, 200, path)
      assert.equal(body.email, app.administrator.email)
    }
    const { body } = await app.ask('GET', '/login?secret=1')
    assert.equal(body.instance, '/login')
  })

  it('C1 an alias keeps the query and takes no longer segment for itself', () => {
    const rewrite = createRewrite(aliases)
    for (const [alias, path] of aliases) {
      assert.equal(rewrite(alias), path)
      assert.equal(rewrite(`${alias}?q=${alias}&b=%2F`), `${path}?q=${alias}&b=%2F`)
      assert.equal(rewrite(`${alias}#x`), `${path}#x`)
      assert.equal(rewrite(`${alias}/17/status?x=1`), `${path}/17/status?x=1`)
      for (const longer of [`${alias}s`, `${alias}-old`, `${alias}%2F1`, `/x${alias}`, alias.toUpperCase()]) {
        assert.equal(rewrite(longer), longer)
      }
    }
    for (const other of ['/', '', '?/login', '/api/v1/users/loginx', '/api/v1/users']) {
      assert.equal(rewrite(other), other)
    }
  })

  it('C8 the document is OpenAPI 3.1 and has every route that there is', async () => {
    const { status, body: document } = await app.ask('GET', '/api/v1/openapi.json')
    assert.equal(status, 200)
    assert.match(document.openapi, /^3\.1\.\d+$/)
    const known = new Set(operations.map(({ method, path }) => `${method} ${path}`))
    const lines = app.app.http.printRoutes({ commonPrefix: false, includeHooks: false })
    assert.ok(known.size >= 25, `${known.size} operations`)
    for (const { method, path } of operations) {
      const last =
        path
          .split('/')
          .at(-1)
          ?.replace(/\{(\w+)\}/, ':$1') ?? ''
      assert.ok(lines.includes(last), `${method} ${path} is described and not there`)
      assert.ok(
        app.app.http.hasRoute({
          method: asVerb(method),
          url: path.replace(/\{(\w+)\}/g, ':$1'),
        }),
        `${method} ${path}`,
      )
    }
    for (const path of ['/api/v1/products', '/api/v1/auth/login', '/api/v1/transactions', '/health/live']) {
      assert.ok(document.paths[path], path)
    }
  })

  it('C8 F11 a route that says it needs a permission needs it, and one that does not is open', async () => {
    const customer = await app.enrol()
    for (const { method, url, path, isPublic, permission, isStream } of operations) {
      assert.equal(isPublic, permission === null, `${method} ${path}`)
      const anonymous = await app.ask(method, url, {})
      const what = `${method} ${path}: ${anonymous.text}`
      if (permission === null) assert.notEqual(anonymous.body?.code, 'missing_authorization', what)
      else assert.equal(anonymous.body.code, 'missing_authorization', what)
      const bad = await app.ask(method, url, { token: 'not.a.token' })
      if (permission !== null) assert.equal(bad.body.code, 'invalid_token', what)
      // Nobody waits here for the end of a stream; who may open it is decided before its question is read.
      const known = await app.ask(method, isStream ? `${url}?unknown=1` : url, { token: customer.token })
      if (known.status === 403) assert.match(known.text, /permission/, what)
    }
  })

  it('C8 every operation says how an error looks, and writing ones say their header', async () => {
    const { body: document } = await app.ask('GET', '/api/v1/openapi.json')
    for (const { method, path } of operations) {
      const operation = document.paths[path][method.toLowerCase()]
      const schema = operation.responses.default.content['application/problem+json']?.schema
      assert.ok(schema?.properties?.request_id, `${method} ${path}`)
      const headers = (operation.parameters ?? []).map(({ name }: { name: string }) => name)
      if (method === 'POST') assert.ok(headers.includes('Idempotency-Key'), `${method} ${path}`)
      if (['PUT', 'PATCH', 'DELETE'].includes(method)) assert.ok(headers.includes('If-Match'), path)
    }
  })

  it('C8 the page to read it answers HTML, and its assets load under its own policy', async () => {
    const page = await app.ask('GET', '/api/v1/docs')
    assert.equal(page.status, 200)
    assert.match(String(page.headers['content-type']), /^text\/html/)
    const policy = String(page.headers['content-security-policy'])
    assert.match(policy, /default-src 'self'/)
    const assets = Array.from(page.text.matchAll(/(?:src|href)="([^"]+)"/g), (match) => match[1] ?? '')
    assert.ok(assets.length >= 3, page.text)
    for (const asset of assets) {
      const url = new URL(asset, 'http://karya.test/api/v1/docs')
      assert.equal(url.host, 'karya.test', `${asset} comes from elsewhere, against ${policy}`)
      const answer = await app.ask('GET', url.pathname)
      assert.equal(answer.status, 200, `${asset}: ${url.pathname}`)
    }
    assert.doesNotMatch(page.text, /<script>(?!\s*<)/, 'inline scripts are against the policy')
  })
})

function asVerb(method: string): 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' {
  if (method === 'GET' || method === 'POST' || method === 'PUT' || method === 'PATCH' || method === 'DELETE')
    return method
  throw new TypeError(method)
}
