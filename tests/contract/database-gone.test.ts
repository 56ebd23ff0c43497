import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestApp } from '#tests/test-app'
import { assertProblem } from './problem.ts'
import { behindProxy } from './proxy.ts'

onEach(
  engines.filter(({ engine }) => engine !== 'sqlite'),
  'a database that is gone',
  (plain) => {
    it('C4 answers 503 with Retry-After while it is away, and goes on when it is back', async () => {
      const { backend, proxy } = behindProxy(plain)
      const app = await startTestApp(backend, { environment: { DB_ACQUIRE_TIMEOUT_MS: '1000' } })
      try {
        proxy.cut()
        for (const language of ['en', 'id']) {
          const answer = await app.ask('GET', '/api/v1/categories', {
            headers: { 'accept-language': language },
          })
          assertProblem(answer, 503, 'unavailable')
          assert.match(String(answer.headers['retry-after']), /^\d+$/)
        }
        const writing = await app.ask('POST', '/api/v1/auth/register', {
          body: { name: 'A', email: 'gone@karya.test', password: 'correct horse battery' },
        })
        assertProblem(writing, 503, 'unavailable')
        const ready = await app.ask('GET', '/health/ready')
        assert.equal(ready.status, 503)
        assert.equal((await app.ask('GET', '/health/live')).status, 200)
        await proxy.mend()
        let back = await app.ask('GET', '/api/v1/categories')
        for (let attempt = 0; attempt < 20 && back.status !== 200; attempt += 1) {
          back = await app.ask('GET', '/api/v1/categories')
        }
        assert.equal(back.status, 200, back.text)
      } finally {
        await proxy.mend().catch(() => {})
        await app.stop()
      }
    })
  },
)
