/**
 * Placing orders, and signing in:
 *
 *   node karya.mjs --run bench/orders.mjs [--seconds=5] [--connections=16] [--products=200] [--engine=sqlite]
 */
import { randomUUID } from 'node:crypto'
import { ADMINISTRATOR } from '#tests/journey'
import { measureOnEachEngine, takeTurns } from './support/load.mjs'

const POST = { method: 'POST', headers: { 'content-type': 'application/json' } }

await measureOnEachEngine(({ token, products }) => {
  const product = takeTurns(products)
  const headers = { ...POST.headers, authorization: `Bearer ${token}` }
  const place = (lines, more = () => ({})) => ({
    method: 'POST',
    path: '/api/v1/transactions',
    setupRequest: (request) => ({
      ...request,
      headers: { ...request.headers, ...headers, ...more() },
      body: JSON.stringify({ products: Array.from({ length: lines }, () => ({ id: product(), qty: 1 })) }),
    }),
  })
  return [
    { title: 'POST an order of one line', request: place(1) },
    { title: 'POST an order of five lines', request: place(5) },
    { title: '… with an Idempotency-Key', request: place(1, () => ({ 'idempotency-key': randomUUID() })) },
    { title: 'GET one’s own profile', request: { path: '/api/v1/users/profile', headers } },
    {
      title: 'POST a sign-in',
      connections: 4,
      request: {
        ...POST,
        path: '/api/v1/auth/login',
        body: JSON.stringify({ email: ADMINISTRATOR.ADMIN_EMAIL, password: ADMINISTRATOR.ADMIN_PASSWORD }),
      },
    },
  ]
})
