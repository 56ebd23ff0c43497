import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createHttpServer } from '#platform/http/server'
import type { HttpServer } from '#platform/http/types'
import { createLog } from '#platform/telemetry/log'
import { backends } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'

const [sqlite] = backends
assert.ok(sqlite)
const backend = sqlite

async function withApp(environment: Record<string, string>, use: (app: TestApp) => Promise<void>) {
  const app = await startTestApp(backend, { environment })
  try {
    await use(app)
  } finally {
    await app.stop()
  }
}

async function bareServer(): Promise<HttpServer> {
  return await createHttpServer({
    log: createLog({ level: 'error', destination: { write: () => {} } }),
    version: '0',
    aliases: [],
    authenticate: async () => await Promise.reject(new Error('nobody')),
    defaultLanguage: 'en',
    corsOrigins: [],
    trustProxy: false,
    isDraining: () => true,
    observe: () => {},
    limit: () => {},
  })
}

describe('what every answer has', () => {
  it('F11 a route that declares neither a permission nor that it is public fails the start', async () => {
    const app = await bareServer()
    assert.throws(() => app.get('/open', async () => 'x'), /GET \/open declares neither/)
    assert.throws(() => app.post('/open', { config: {} }, async () => 'x'), /POST \/open declares neither/)
    app.get('/fine', { config: { public: true } }, async () => ({ fine: true }))
    app.get('/guarded', { config: { permission: 'a:b' } }, async () => ({ fine: true }))
    assert.equal((await app.inject('/fine')).statusCode, 200)
    assert.equal((await app.inject('/guarded')).statusCode, 401)
    await app.close()
  })

  it('F3 an answer of a server that is stopping asks to close the connection', async () => {
    const app = await bareServer()
    app.get('/fine', { config: { public: true } }, async () => ({ fine: true }))
    assert.equal((await app.inject('/fine')).headers.connection, 'close')
    await app.close()
  })

  it('F12 has security headers, be it a record, an error, a page or an unreadable path', async () => {
    await withApp({}, async (app) => {
      for (const path of [
        '/api/v1/categories',
        '/no',
        '/api/v1/users',
        '/api/v1/docs',
        '/health/live',
        '/%zz',
      ]) {
        const { headers } = await app.ask('GET', path)
        assert.equal(headers['x-content-type-options'], 'nosniff', path)
        assert.ok(headers['content-security-policy'], path)
        assert.match(String(headers['strict-transport-security']), /max-age=\d+/, path)
        assert.equal(headers['x-powered-by'], undefined)
        assert.ok(headers['x-request-id'], path)
      }
    })
  })

  it('F12 allows exactly the origins of CORS_ORIGINS, with credentials', async () => {
    const environment = { CORS_ORIGINS: 'https://shop.karya.test,https://desk.karya.test' }
    await withApp(environment, async (app) => {
      const ask = async (origin: string, method = 'GET') =>
        await app.ask(method, '/api/v1/categories', {
          headers: {
            origin,
            'access-control-request-method': 'PUT',
            'access-control-request-headers': 'if-match',
          },
        })
      for (const origin of environment.CORS_ORIGINS.split(',')) {
        for (const method of ['GET', 'OPTIONS']) {
          const { headers, status } = await ask(origin, method)
          assert.ok(status < 300)
          assert.equal(headers['access-control-allow-origin'], origin)
          assert.equal(headers['access-control-allow-credentials'], 'true')
          assert.match(String(headers['vary']), /Origin/i)
        }
        const { headers } = await ask(origin, 'OPTIONS')
        assert.match(String(headers['access-control-allow-methods']), /PUT/)
        const failed = await app.ask('GET', '/no', { headers: { origin } })
        assert.equal(failed.headers['access-control-allow-origin'], origin)
      }
      for (const origin of [
        'https://evil.test',
        'http://shop.karya.test',
        'https://shop.karya.test.evil.test',
        'https://x.shop.karya.test',
        'https://shop.karya.test:8443',
        'null',
        '*',
      ]) {
        for (const method of ['GET', 'OPTIONS']) {
          const { headers } = await ask(origin, method)
          assert.equal(headers['access-control-allow-origin'], undefined, origin)
        }
      }
    })
  })

  it('F12 allows no origin when none is configured', async () => {
    await withApp({}, async (app) => {
      for (const method of ['GET', 'OPTIONS']) {
        const { headers } = await app.ask(method, '/api/v1/categories', {
          headers: { origin: 'https://shop.karya.test', 'access-control-request-method': 'GET' },
        })
        assert.equal(headers['access-control-allow-origin'], undefined)
      }
    })
  })

  it('F13 no password, token or cookie reaches the log, at its most talkative', async () => {
    await withApp({ LOG_LEVEL: 'trace' }, async (app) => {
      const person = await app.enrol()
      const secrets = [
        PASSWORD,
        person.token,
        person.refreshToken,
        'a very wrong pass phrase',
        'cookie-secret-value',
      ]
      const bodies = [
        { email: person.email, password: 'a very wrong pass phrase' },
        { email: person.email, password: 'a very wrong pass phrase\0' },
        { email: 1, password: 'a very wrong pass phrase' },
        { refresh_token: person.refreshToken },
        `{"password":"a very wrong pass phrase"`,
      ]
      for (const path of [
        '/login',
        '/register',
        '/api/v1/auth/refresh',
        '/api/v1/auth/logout',
        '/api/v1/tokens',
      ]) {
        for (const body of bodies) {
          await app.ask('POST', path, {
            body,
            token: person.token,
            headers: { cookie: 'karya_refresh=cookie-secret-value' },
          })
          await app.ask('POST', `${path}?token=${person.token}&password=${encodeURIComponent(PASSWORD)}`, {
            body,
          })
        }
      }
      await app.db.schema.alterTable('sessions').renameTo('gone').execute()
      await app.ask('POST', '/login', { body: { email: person.email, password: PASSWORD } })
      await app.ask('POST', '/api/v1/auth/refresh', { body: { refresh_token: person.refreshToken } })
      const logged = app.logged()
      assert.match(logged, /"status":500/)
      for (const secret of secrets) {
        assert.ok(!logged.includes(secret), `${secret} is in the log`)
        assert.ok(!logged.includes(encodeURIComponent(secret)), `${secret} is in the log, encoded`)
      }
    })
  })
})
