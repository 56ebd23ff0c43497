import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import * as fc from 'fast-check'
import { actorOf, checkVersion, may, systemCall } from './call.ts'
import { AppError, defineErrors, invalidField, refuse } from './errors.ts'
import { systemIds } from './id.ts'
import { preferredLanguage, say } from './language.ts'
import { multiplyMinor, sumMinor } from './money.ts'
import { createTurns } from './turns.ts'

describe('errors', () => {
  const refuseTea = defineErrors({
    no_tea: { kind: 'conflict', en: 'Only {left} cups of {tea}.', id: 'Tinggal {left} cangkir {tea}.' },
  })

  it('C3 a refusal says its sentence in both languages with its details filled in', () => {
    const error = refuseTea('no_tea', { details: { left: 3, tea: 'Gayo' } })
    assert.ok(error instanceof AppError)
    assert.equal(error.message, 'Only 3 cups of Gayo.')
    assert.equal(error.sentence('id'), 'Tinggal 3 cangkir Gayo.')
    assert.equal(error.retryable, false)
  })

  it('C3 a detail that is neither text nor number leaves its placeholder, and `$&` in one is only text', () => {
    const error = refuseTea('no_tea', { details: { left: { secret: 1 }, tea: '$& {left}' } })
    assert.equal(error.message, 'Only {left} cups of $& {left}.')
  })

  it('C4 only what may go well later is retryable', () => {
    assert.equal(refuse('unavailable').retryable, true)
    assert.equal(refuse('not_found').retryable, false)
  })

  it('C3 a field error refuses the whole request and keeps its cause', () => {
    const text = { en: 'is bad', id: 'buruk' }
    const error = invalidField({ pointer: '/name', code: 'bad', text })
    assert.equal(error.code, 'invalid_input')
    assert.deepEqual(error.fields, [{ pointer: '/name', code: 'bad', text }])
    const cause = new Error('inside')
    assert.equal(refuse('unavailable', { cause }).cause, cause)
  })
})

describe('language', () => {
  it('C3 Accept-Language is read by weight, by first of equals, and in any case', () => {
    const cases: [string | undefined, string][] = [
      [undefined, 'en'],
      ['', 'en'],
      ['id', 'id'],
      ['ID-id', 'id'],
      ['en;q=0.5, id;q=0.9', 'id'],
      ['id;q=0.5, en;q=0.9', 'en'],
      ['en, id', 'en'],
      ['id, en', 'id'],
      ['id;q=0', 'en'],
      ['de, fr;q=0.8', 'en'],
      ['de, id;q=0.1', 'id'],
      ['id;q=nonsense', 'en'],
      ['*', 'en'],
      ['id ; q=0.7', 'id'],
    ]
    for (const [header, expected] of cases) {
      assert.equal(preferredLanguage(header, 'en'), expected, `${header}`)
    }
  })

  it('C3 no header whatever makes choosing fail or slow', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), (header) => {
        assert.ok(['en', 'id'].includes(preferredLanguage(header, 'en')))
      }),
    )
    const startedAt = performance.now()
    preferredLanguage(';'.repeat(16_000), 'en')
    preferredLanguage(','.repeat(16_000), 'en')
    assert.ok(performance.now() - startedAt < 200)
  })

  it('C3 a placeholder without its detail stays as it is', () => {
    const text = { en: 'Hello {name}', id: 'Halo {name}' }
    assert.equal(say(text, 'id'), 'Halo {name}')
    assert.equal(say(text, 'en', { name: 'Ayu' }), 'Hello Ayu')
  })
})

describe('ids', () => {
  it('C2 ids are UUIDv7, all different, in the order of their making', () => {
    const made = Array.from({ length: 10_000 }, () => systemIds.next())
    for (const id of made.slice(0, 100)) {
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    }
    assert.equal(new Set(made).size, made.length)
    assert.deepEqual(made, made.toSorted())
  })

  it('C2 a readable number has no letter that is taken for another, and every letter comes up', () => {
    const letters = systemIds.readable(10_000)
    assert.match(letters, /^[0-9A-HJKMNP-TV-Z]{10000}$/)
    assert.equal(new Set(letters).size, 32)
  })

  it('C2 a secret has the bytes that were asked for', () => {
    assert.equal(Buffer.from(systemIds.secret(32), 'base64url').length, 32)
    assert.notEqual(systemIds.secret(32), systemIds.secret(32))
  })
})

describe('money', () => {
  const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

  it('C2 a product of money is exact or null, as integers without a limit say', () => {
    fc.assert(
      fc.property(amount, fc.integer({ min: 1, max: 1_000_000_000 }), (price, quantity) => {
        const exact = BigInt(price) * BigInt(quantity)
        const expected = exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : null
        assert.equal(multiplyMinor(price, quantity), expected)
      }),
    )
  })

  it('C2 a sum of money is exact or null, and null when a part of it is', () => {
    fc.assert(
      fc.property(fc.array(amount, { maxLength: 20 }), (amounts) => {
        const exact = amounts.reduce((sum, each) => sum + BigInt(each), 0n)
        const expected = exact <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(exact) : null
        assert.equal(sumMinor(amounts), expected)
      }),
    )
    assert.equal(sumMinor([1, null, 2]), null)
    assert.equal(sumMinor([]), 0)
  })
})

describe('turns', () => {
  it('F7 so many enter at once and the others in the order of their coming', async () => {
    const turns = createTurns({ places: 2, acquireTimeoutMs: 1_000 })
    const order: number[] = []
    let inside = 0
    let most = 0
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const leave = await turns.take()
        order.push(index)
        most = Math.max(most, (inside += 1))
        await delay(1)
        inside -= 1
        leave()
      }),
    )
    assert.equal(most, 2)
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    )
    assert.deepEqual([turns.free(), turns.waiting()], [2, 0])
  })

  it('F7 who waits too long is refused with 503, and its place in the queue is not lost to others', async () => {
    const turns = createTurns({ places: 1, acquireTimeoutMs: 20 })
    const leave = await turns.take()
    await assert.rejects(turns.take(), { code: 'unavailable', retryAfterSeconds: 1 })
    assert.equal(turns.waiting(), 0)
    leave()
    const again = await turns.take()
    again()
    assert.equal(turns.free(), 1)
  })
})

describe('the call', () => {
  const actor = {
    userId: 'u',
    email: 'a@karya.test',
    role: 'agent',
    permissions: new Set(['tickets:read']),
    sessionId: null,
  }
  const call = { ...systemCall, actor }

  it('C7 a change passes with the version that was read, with any, and with no other', () => {
    checkVersion({ ...call, expectedVersions: [3] }, { version: 3 })
    checkVersion({ ...call, expectedVersions: 'any' }, { version: 3 })
    for (const expectedVersions of [[2, 4], []]) {
      assert.throws(() => checkVersion({ ...call, expectedVersions }, { version: 3 }), {
        code: 'stale',
        details: { current_version: 3 },
      })
    }
  })

  it('F11 a permission is held by those who have it and by nobody without a token', () => {
    assert.equal(may(call, 'tickets:read'), true)
    assert.equal(may(call, 'tickets:write'), false)
    assert.equal(may(systemCall, 'tickets:read'), false)
    assert.equal(actorOf(call), actor)
    assert.throws(() => actorOf(systemCall), TypeError)
  })
})
