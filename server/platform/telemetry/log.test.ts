import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { AppError } from '../errors.ts'
import { createLog } from './log.ts'
import { redactLine } from './redact.ts'

function createTestLog() {
  const lines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line) => void lines.push(line) } })
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '') }
}

describe('the log', () => {
  it('F13 writes one JSON object a line, with the name of the level and the time in ISO 8601', () => {
    const { log, lines, last } = createTestLog()
    log.info({ port: 3000 }, 'listening')
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^\{.*\}\n$/)
    assert.equal(last().level, 'info')
    assert.equal(last().port, 3000)
    assert.match(last().time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
  })

  it('F4 writes an error with its stack and the stack of its cause', () => {
    const { log, last } = createTestLog()
    log.error({ err: new Error('no answer', { cause: new TypeError('a broken pipe') }) }, 'failed')
    assert.match(last().err.stack, /log\.test\.ts/)
    assert.match(last().err.stack, /a broken pipe/)
  })

  it('F13 hides passwords, tokens, cookies and authorization headers at any depth', () => {
    const { log, lines } = createTestLog()
    const secrets = {
      password: 'sesame',
      current_password: 'sesame',
      newPassword: 'sesame',
      password_hash: '$argon2id$sesame',
      token: 'sesame',
      accessToken: 'sesame',
      refresh_token: 'sesame',
      Authorization: 'sesame',
      cookie: 'sid=sesame',
      'set-cookie': ['sid=sesame', 'said "sesame"]'],
      INVGATE_CLIENT_SECRET: 'sesame',
      'x-api-key': 'sesame',
      token_pair: { secret: { nested: ['sesame', { deep: 'sesame' }] } },
    }
    log.info(secrets)
    log.info({ request: { headers: secrets, list: [[{ body: { user: { login: secrets } } }]] } })
    log.child(secrets).info('a line of a child')
    log.error(Object.assign(new Error('refused'), { config: { headers: secrets } }))
    log.error(new AppError({ kind: 'invalid', code: 'x', text: { en: 'x', id: 'x' }, details: secrets }))
    assert.equal(lines.length, 5)
    for (const line of lines) {
      assert.doesNotMatch(line, /sesame/)
      assert.match(line, /"password":"\[redacted\]"/)
      assert.doesNotThrow(() => JSON.parse(line))
    }
  })

  it('F13 hides the statement that a driver puts into its error with the values written into it', () => {
    const { log, last } = createTestLog()
    const error = Object.assign(new Error('duplicate'), {
      errno: 1062,
      sql: "insert into users values ('ani')",
    })
    log.error({ err: error })
    assert.equal(last().err.sql, '[redacted]')
    assert.equal(last().err.errno, 1062)
  })

  it('F13 hides secrets that stand in a text', () => {
    const { log, lines, last } = createTestLog()
    log.warn('cannot reach postgres://karya:s3same@db.local:5432/karya?sslmode=require')
    assert.equal(last().msg, 'cannot reach postgres://[redacted]@db.local:5432/karya?sslmode=require')
    log.warn({ tried: 'Bearer eyJhbGciOi.eyJzdWIiOi.s3same_-' }, 'GET /stream?access_token=s3same&after=3')
    assert.equal(last().tried, 'Bearer [redacted]')
    assert.equal(last().msg, 'GET /stream?access_token=[redacted]&after=3')
    for (const line of lines) assert.doesNotMatch(line, /s3same/)
  })

  it('leaves everything else as it is', () => {
    const line = `${JSON.stringify({
      token_type: 'Bearer',
      tokenized: 3,
      note: 'the "token": said "x", C:\\dir, https://a.b/c:d',
      basic: 'Basic authentication',
      email_key: 'ani@example.com',
    })}\n`
    assert.equal(redactLine(line), line)
  })

  it('hides what follows a hidden field correctly, whatever the type of its value', () => {
    const secrets = ['a"b\\', '', null, true, 12.5e3, [], {}, ['}', { a: ']' }], { token: { token: 'x,y' } }]
    for (const secret of secrets) {
      assert.deepEqual(
        JSON.parse(redactLine(JSON.stringify({ before: 1, secret, after: { token: secret } }))),
        {
          before: 1,
          secret: '[redacted]',
          after: { token: '[redacted]' },
        },
      )
    }
  })
})
