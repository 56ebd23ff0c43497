import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { Line } from './line.ts'
import { createRealIncidents } from './real-incidents.ts'

it('D7 leaves out of a list what is not there or makes no sense, and nothing else', async () => {
  const rows = { '309': { id: '309', status_id: 2 }, '310': false, '311': null, '312': { info: 'No' } }
  const line: Line = { ask: async () => rows }
  const found = await createRealIncidents(line).list(Object.keys(rows))
  assert.deepEqual(
    found.map(({ id, status }) => [id, status?.status]),
    [['309', 'open']],
  )
})
