import assert from 'node:assert/strict'
import type { Answer } from '#tests/test-app'

/** Every error has this form, whatever it is about (C3). */
export function assertProblem(answer: Answer, status: number, code: string): void {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.headers['content-type'], 'application/problem+json; charset=utf-8')
  const { body } = answer
  assert.equal(body.code, code)
  assert.equal(body.type, `urn:karya:error:${code}`)
  assert.equal(body.status, status)
  assert.equal(body.error, body.detail)
  assert.equal(body.request_id, answer.headers['x-request-id'])
  for (const name of ['title', 'detail', 'instance', 'request_id']) assert.equal(typeof body[name], 'string')
  assert.ok(!body.detail.includes('{'), `a placeholder was not filled in: ${body.detail}`)
  assert.doesNotMatch(answer.text, /node_modules|\.ts:\d|select |insert |sqlite|postgres|mysql/i)
}
