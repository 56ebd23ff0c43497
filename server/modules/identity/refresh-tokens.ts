import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

/**
 * A refresh token names its session (the family) and its generation, and proves both with a code that needs the
 * session's seed and the server's secret. So the successor of a token is always the same token: whoever lost the
 * answer, or asked twice, gets it again, and there is never more than one that holds.
 * Layout of the 52 bytes behind base64url: session id 16, generation 4, HMAC-SHA-256 32.
 */
export type RefreshToken = { readonly sessionId: string; readonly generation: number; readonly text: string }

type Family = { readonly id: string; readonly token_seed: string }

const BYTES = 52

/** The predecessor may come again for so long while its successor is unused: two tabs, or a lost answer (F9). */
export const REPLAY_WINDOW_MS = 10_000

export function makeRefreshToken(secret: string, family: Family, generation: number): RefreshToken {
  const head = Buffer.alloc(20)
  head.write(family.id.replaceAll('-', ''), 0, 16, 'hex')
  head.writeUInt32BE(generation, 16)
  return {
    sessionId: family.id,
    generation,
    text: Buffer.concat([head, prove(secret, family, head)]).toString('base64url'),
  }
}

/** What a token claims to be; only `isGenuine` tells whether it is. */
export function readRefreshToken(text: string): RefreshToken | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== BYTES || bytes.toString('base64url') !== text) return null
  const hex = bytes.toString('hex', 0, 16)
  const sessionId = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-')
  return { sessionId, generation: bytes.readUInt32BE(16), text }
}

export function isGenuine(token: RefreshToken, secret: string, family: Family): boolean {
  const bytes = Buffer.from(token.text, 'base64url')
  return timingSafeEqual(bytes.subarray(20), prove(secret, family, bytes.subarray(0, 20)))
}

export function hashRefreshToken(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

type State = Family & { readonly token_hash: string; readonly generation: number; readonly rotated_at: Date }

/**
 * What the use of a genuine token means: `rotate` — it is the one that holds; `replay` — it is the immediate
 * predecessor, in time, of a successor that nobody has used; `reuse` — it was used up, so somebody else has it.
 */
export function judgeUse(token: RefreshToken, family: State, now: Date): 'rotate' | 'replay' | 'reuse' {
  if (hashRefreshToken(token.text) === family.token_hash) return 'rotate'
  const isPredecessor = token.generation === family.generation - 1
  const isInTime = now.getTime() - family.rotated_at.getTime() <= REPLAY_WINDOW_MS
  return isPredecessor && isInTime ? 'replay' : 'reuse'
}

function prove(secret: string, family: Family, head: Buffer): Buffer {
  return createHmac('sha256', secret)
    .update('karya refresh token')
    .update(family.token_seed)
    .update(head)
    .digest()
}
