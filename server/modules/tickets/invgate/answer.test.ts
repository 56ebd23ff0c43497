import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAnswer } from './answer.ts'
import { InvgateFailure } from './failure.ts'

type Given = { status?: number; body: string; isWhole?: boolean; headers?: Record<string, string> }

function read({ status = 200, body, isWhole = true, headers = {} }: Given, isReading = false): unknown {
  const answer = { status, headers, body: Buffer.from(body), isWhole }
  return readAnswer(answer, { isReading, secrets: ['Basic c2VjcmV0', 'pass word'] })
}

function failure(given: Given, isReading = false): InvgateFailure {
  try {
    read(given, isReading)
  } catch (error) {
    if (error instanceof InvgateFailure) return error
    throw error
  }
  return assert.fail('it is no failure')
}

describe('D4 answers of InvGate', () => {
  it('are what they are where nothing says otherwise', () => {
    assert.deepEqual(read({ body: '{"status":"OK","request_id":"1"}' }), { status: 'OK', request_id: '1' })
    assert.deepEqual(read({ body: '[]' }), [])
    assert.equal(read({ body: 'false' }), null)
    assert.equal(read({ body: 'null' }), null)
    assert.deepEqual(read({ body: '{"id":1,"title":"x","status":"open"}' }), {
      id: 1,
      title: 'x',
      status: 'open',
    })
    assert.equal(read({ status: 404, body: '{"error":"Not found","status":404}' }, true), null)
  })

  it('are failures by their status, or by the word in them', () => {
    for (const [given, code, mayBeDone] of [
      [{ body: '{"status":"ERROR","info":"No."}' }, 'refused', false],
      [{ body: '{"status":"error"}' }, 'refused', false],
      [{ body: '<html></html>' }, 'unreadable', true],
      [{ body: '{"status":"OK"}', isWhole: false }, 'unreadable', true],
      [{ body: '' }, 'unreadable', true],
      [{ status: 302, body: '' }, 'refused', false],
      [{ status: 404, body: '{"error":"Not found"}' }, 'refused', false],
      [{ status: 408, body: '' }, 'refused', true],
      [{ status: 428, body: '{"error":"x","status":428}' }, 'refused', false],
      [{ status: 429, body: '' }, 'refused', false],
      [{ status: 500, body: '' }, 'unreachable', true],
      [{ status: 503, body: '' }, 'unreachable', true],
    ] as const) {
      const { code: found, mayBeDone: may } = failure(given)
      assert.deepEqual([found, may], [code, mayBeDone], JSON.stringify(given))
      if (given.body !== '{"error":"Not found"}') assert.equal(failure(given, true).mayBeDone, false)
    }
  })

  it('are told in short and without secrets', () => {
    const told = failure({
      status: 401,
      body: `<p>Basic c2VjcmV0, or c2VjcmV0, or pass word, Bearer abcdef123456 ${'é'.repeat(2_000)}</p>`,
    }).message
    assert.match(told, /^401 \*\*\*, or \*\*\*, or \*\*\*, Bearer \*\*\* é/)
    assert.ok(Buffer.byteLength(told) <= 1_024)
    assert.doesNotMatch(told, /\uFFFD/)
  })

  it('are not told at all where a secret is in them in disguise', () => {
    const secrets = [`Bearer ab/cd+ef`, `p&ss "wörd"/<1+>`]
    for (const disguised of [
      'p&amp;ss &quot;w&ouml;rd&quot;/&lt;1+&gt;',
      'p&#38;ss &#x22;w&#246;rd&#x22;/<1+>',
      'p%26ss%20%22w%C3%B6rd%22%2f%3C1%2B%3E',
      'p%26ss+%22w%C3%B6rd%22%2F%3C1%2B%3E',
      'p&ss \\"wörd\\"\\/<1+>',
      'ab\\/cd+ef',
      'ab%2Fcd%2Bef',
    ]) {
      for (const status of [200, 401, 500]) {
        const body = JSON.stringify({
          status: status === 200 ? 'ERROR' : status,
          error: `Bad: ${disguised}.`,
        })
        const answer = { status, headers: {}, body: Buffer.from(body), isWhole: true }
        assert.throws(() => readAnswer(answer, { isReading: false, secrets }), {
          message: 'InvGate repeated the sign-in in its answer',
          status,
        })
      }
    }
  })

  it('are told without a secret that looks like a tag', () => {
    const answer = { status: 401, headers: {}, body: Buffer.from('<p>No: a<b>c</p>'), isWhole: true }
    assert.throws(() => readAnswer(answer, { isReading: false, secrets: ['a<b>c'] }), {
      message: '401 No: ***',
    })
  })

  it('tell when to come back', () => {
    const wait = (value: string): number | null =>
      failure({ status: 429, body: '', headers: { 'retry-after': value } }).retryAfterMs
    assert.equal(wait('7'), 7_000)
    assert.equal(wait('soon'), null)
    assert.equal(wait('Thu, 01 Jan 1970 00:00:00 GMT'), 0)
  })
})
