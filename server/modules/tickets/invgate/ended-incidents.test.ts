import assert from 'node:assert/strict'
import { it } from 'node:test'
import { findEnded } from './ended-incidents.ts'
import { InvgateFailure } from './failure.ts'
import type { Line } from './line.ts'

/** An InvGate that tells ten ids a page, and of each that it carries no reference but the first of all. */
function lineOf(total: number): Line {
  return {
    async ask({ path, query = [] }) {
      if (path === 'incidents')
        return query.map(([, id]) => ({ id, description: id === '1' ? '[Karya: REF-1]' : '' }))
      const offset = Number(query.find(([name]) => name === 'offset')?.[1] ?? 0)
      const length = Math.min(10, total - offset)
      return { requestIds: Array.from({ length }, (_, index) => total - offset - index), total }
    },
  }
}

it('D5 does not take an incident for absent among more that have ended than are gone through', async () => {
  const search = { reference: 'REF-1', since: null }
  assert.deepEqual(await findEnded(lineOf(500), search), { id: '1' })
  await assert.rejects(
    findEnded(lineOf(501), search),
    (error) => error instanceof InvgateFailure && error.code === 'unreadable' && error.isPassing,
  )
})
