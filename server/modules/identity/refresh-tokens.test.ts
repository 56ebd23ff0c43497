import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { it } from 'node:test'
import {
  hashRefreshToken,
  isGenuine,
  judgeUse,
  makeRefreshToken,
  readRefreshToken,
} from './refresh-tokens.ts'

const SECRET = 'a secret'
const family = { id: randomUUID(), token_seed: 'a seed' }
const ROTATED_AT = new Date('2026-01-02T03:04:05.000Z')

function stateAt(generation: number) {
  const { text } = makeRefreshToken(SECRET, family, generation)
  return { ...family, generation, token_hash: hashRefreshToken(text), rotated_at: ROTATED_AT }
}

function after(ms: number): Date {
  return new Date(ROTATED_AT.getTime() + ms)
}

it('F9 reads from a refresh token the session and the generation that it was made with', () => {
  for (const generation of [0, 1, 255, 256, 2 ** 32 - 1]) {
    const token = makeRefreshToken(SECRET, family, generation)
    assert.deepEqual(readRefreshToken(token.text), token)
    assert.ok(isGenuine(token, SECRET, family))
  }
})

it('F9 makes the same successor every time, and another for each generation, family, seed and secret', () => {
  const text = makeRefreshToken(SECRET, family, 1).text
  assert.equal(makeRefreshToken(SECRET, family, 1).text, text)
  const others = [
    makeRefreshToken(SECRET, family, 2),
    makeRefreshToken(SECRET, { ...family, id: randomUUID() }, 1),
    makeRefreshToken(SECRET, { ...family, token_seed: 'another' }, 1),
    makeRefreshToken('another', family, 1),
  ].map((token) => token.text)
  assert.equal(new Set([text, ...others]).size, 5)
})

it('F9 takes nothing for genuine that differs in a single bit', () => {
  const bytes = Buffer.from(makeRefreshToken(SECRET, family, 7).text, 'base64url')
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const forged = Buffer.from(bytes)
    forged.writeUInt8(forged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    const token = readRefreshToken(forged.toString('base64url'))
    assert.ok(token !== null)
    assert.ok(!isGenuine(token, SECRET, family), `bit ${bit}`)
  }
})

it('F9 takes nothing for genuine that another seed or secret made', () => {
  const token = makeRefreshToken(SECRET, family, 7)
  assert.ok(!isGenuine(token, 'another', family))
  assert.ok(!isGenuine(token, SECRET, { ...family, token_seed: 'another' }))
})

it('F9 reads nothing from what has another length or is no base64url', () => {
  const { text } = makeRefreshToken(SECRET, family, 0)
  for (const bad of ['', 'x', text.slice(1), `${text}A`, `${text}=`, ` ${text}`, text.replace(/^./, '!')]) {
    assert.equal(readRefreshToken(bad), null, bad)
  }
  assert.equal(readRefreshToken(randomBytes(53).toString('base64url')), null)
})

it('F9 rotates the token that holds, however old', () => {
  assert.equal(judgeUse(makeRefreshToken(SECRET, family, 5), stateAt(5), after(6 * 24 * 3_600_000)), 'rotate')
})

it('F9 replays the immediate predecessor for ten seconds, and not a millisecond longer', () => {
  const predecessor = makeRefreshToken(SECRET, family, 4)
  assert.equal(judgeUse(predecessor, stateAt(5), after(0)), 'replay')
  assert.equal(judgeUse(predecessor, stateAt(5), after(10_000)), 'replay')
  assert.equal(judgeUse(predecessor, stateAt(5), after(10_001)), 'reuse')
})

it('F9 sees a reuse in anything older than the predecessor, and in what was never given out', () => {
  for (const generation of [0, 3, 6]) {
    assert.equal(judgeUse(makeRefreshToken(SECRET, family, generation), stateAt(5), after(0)), 'reuse')
  }
})
