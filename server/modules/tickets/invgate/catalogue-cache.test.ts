import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createCatalogues } from './catalogue-cache.ts'

const DAY_MS = 86_400_000

describe('D8 catalogues of InvGate', () => {
  it('are asked for once a day, however many want them, and kept while InvGate is away', async () => {
    let asked = 0
    let at = 0
    let isAway = false
    const catalogues = createCatalogues({
      clock: { now: () => new Date(at) },
      desk: {
        async listCatalogue() {
          asked += 1
          if (isAway) throw new Error('away')
          return [{ id: asked, name: 'x', parentId: null }]
        },
      },
    })
    const idOf = async (): Promise<number | undefined> => (await catalogues('types'))[0]?.id
    assert.deepEqual(await Promise.all([idOf(), idOf()]), [1, 1])
    at += DAY_MS - 1
    assert.equal(await idOf(), 1)
    at += 1
    assert.equal(await idOf(), 2)
    at += DAY_MS
    isAway = true
    assert.equal(await idOf(), 2)
    await assert.rejects(catalogues('sources'), /away/)
    isAway = false
    assert.equal(await idOf(), 4 + 1)
  })
})
