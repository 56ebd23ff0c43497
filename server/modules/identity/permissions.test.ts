import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { startTestApp, type TestApp } from '#tests/test-app'

const ID = '01890000-0000-7000-8000-000000000000'
const STAFF = ['admin', 'production_manager', 'agent']
const EVERYBODY = ['admin', 'production_manager', 'operator', 'agent', 'customer']

/** Whom each route lets through; what it then answers, given an id that is not there. */
const ROUTES = [
  { route: 'GET /api/v1/users/profile', lets: EVERYBODY, answers: 200 },
  { route: 'PUT /api/v1/users/profile', lets: EVERYBODY, answers: 200, body: { name: 'Same' } },
  { route: 'GET /api/v1/users', lets: STAFF, answers: 200 },
  { route: `GET /api/v1/users/${ID}`, lets: ['admin'], answers: 404 },
  { route: `PATCH /api/v1/users/${ID}`, lets: ['admin'], answers: 404, body: { name: 'X' } },
  { route: `DELETE /api/v1/users/${ID}`, lets: ['admin'], answers: 404 },
  {
    route: 'POST /api/v1/tokens',
    lets: EVERYBODY,
    answers: 201,
    body: { name: 'T', permissions: ['profile:read'] },
  },
  { route: 'GET /api/v1/tokens', lets: EVERYBODY, answers: 200 },
  { route: `DELETE /api/v1/tokens/${ID}`, lets: EVERYBODY, answers: 404 },
  { route: 'GET /api/v1/auth/sessions', lets: EVERYBODY, answers: 200 },
  { route: `DELETE /api/v1/auth/sessions/${ID}`, lets: EVERYBODY, answers: 404 },
]

onEach(engines, 'permissions of the identity routes', (backend) => {
  let karya: TestApp
  const tokens = new Map<string, string>()

  before(async () => {
    karya = await startTestApp(backend)
    for (const role of EVERYBODY) tokens.set(role, (await karya.enrol(role)).token)
  })
  after(async () => await karya.stop())

  for (const { route, lets, answers, ...rest } of ROUTES) {
    const [method = '', url = ''] = route.split(' ')
    it(`F11 ${route} serves ${lets.length === 5 ? 'everybody with an account' : lets.join(', ')} only`, async () => {
      for (const role of EVERYBODY) {
        const { status, body } = await karya.ask(method, url, { token: tokens.get(role) ?? '', ...rest })
        if (lets.includes(role)) assert.equal(status, answers, role)
        else assert.deepEqual([status, body.code], [403, 'missing_permission'], role)
      }
      const nobody = await karya.ask(method, url, rest)
      assert.deepEqual([nobody.status, nobody.body.code], [401, 'missing_authorization'])
    })
  }
})
