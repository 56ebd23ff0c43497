import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isSharedList } from './catalogue-cache.ts'
import type { ProductQuery } from './schemas.ts'
import { NOBODYS_ID } from './test-shop.ts'

describe('lists of products that all processes share', () => {
  it('S2 are those that many ask for, and none that anybody can think up without end', () => {
    const shared: ProductQuery[] = [
      {},
      { page: 1, limit: 20, sort: '-price' },
      { category_id: NOBODYS_ID, in_stock: true },
    ]
    const endless: ProductQuery[] = [
      { q: 'kopi' },
      { cursor: 'x', sort: 'name' },
      { min_price: 0 },
      { max_price: 0, page: 1 },
    ]
    assert.deepEqual([...shared, ...endless].map(isSharedList), [
      true,
      true,
      true,
      false,
      false,
      false,
      false,
    ])
  })
})
