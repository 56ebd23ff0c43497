/**
 * Reading the catalogue:
 *
 *   node karya.mjs --run bench/products.mjs [--seconds=5] [--connections=16] [--products=200] [--engine=sqlite]
 */
import { measureOnEachEngine, takeTurns } from './support/load.mjs'

await measureOnEachEngine(({ products }) => {
  const product = takeTurns(products)
  return [
    {
      title: 'GET one product',
      request: { setupRequest: (request) => ({ ...request, path: `/api/v1/products/${product()}` }) },
    },
    { title: 'GET the first 20 products', request: { path: '/api/v1/products?limit=20' } },
    { title: 'GET products found by a word', request: { path: '/api/v1/products?q=kopi&limit=20' } },
    { title: 'GET /health/live', request: { path: '/health/live' } },
  ]
})
