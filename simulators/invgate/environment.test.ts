import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readEnvironment } from './environment.ts'

describe('D9 the variables of the simulated InvGate', () => {
  it('takes what is set and leaves the rest', () => {
    const { now, ...options } = readEnvironment({
      SIM_ADDR: '127.0.0.1:9000',
      SIM_DIALECT: 'simple',
      SIM_OAUTH: '1',
      SIM_ID_STYLE: 'legacy',
      SIM_PAGE_SIZE: '5',
      SIM_CLOCK: '1763690000',
      SIM_USER: '',
    })
    assert.deepEqual(options, {
      host: '127.0.0.1',
      port: 9_000,
      dialect: 'simple',
      hasOauth: true,
      idStyle: 'legacy',
      pageSize: 5,
    })
    assert.equal(now?.().toISOString(), '2025-11-21T01:53:20.000Z')
    assert.deepEqual(readEnvironment({}), {})
  })

  it('names the variable that is wrong', () => {
    assert.throws(() => readEnvironment({ SIM_LANG: 'fr' }), /SIM_LANG/)
    assert.throws(() => readEnvironment({ SIM_RATE: 'much' }), /SIM_RATE/)
    assert.throws(() => readEnvironment({ SIM_ADDR: 'localhost' }), /SIM_ADDR/)
  })
})
