import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'

/** Where new identities come from, so that a test can foresee them. */
export type Ids = {
  /** A UUIDv7 (RFC 9562), in the order of creation within this process. */
  readonly next: () => string
  /** `length` letters and digits that people can read aloud: Crockford's base 32 has no I, L, O or U. */
  readonly readable: (length: number) => string
  /** An unguessable string of `bytes` random bytes, in base64url. */
  readonly secret: (bytes: number) => string
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

export const systemIds: Ids = {
  next: () => v7(),
  // 256 is a multiple of 32, so taking five bits of a byte favours no letter.
  readable: (length) => Array.from(randomBytes(length), (byte) => CROCKFORD.charAt(byte & 31)).join(''),
  secret: (bytes) => randomBytes(bytes).toString('base64url'),
}
