import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { promisify } from 'node:util'
import { invalidField } from '#platform/errors'
import { createTurns } from '#platform/turns'
import { fieldTexts } from './errors.ts'

export type PasswordScheme = 'argon2id' | 'bcrypt'
export type Passwords = ReturnType<typeof createPasswords>

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. */
const ARGON2 = { memory: 19_456, passes: 2, parallelism: 1, tagLength: 32 }
const BCRYPT_COST = 12
const BCRYPT_MAX_BYTES = 72
const COMMON_PASSWORDS = 10_000
/** How long a sign-in waits while all processors are busy with others. */
const HASHING_TIMEOUT_MS = 5_000

const deriveKey = promisify(argon2)

/** Hashes and verifies passwords (I5). A hash leaves this module only for its column. */
export function createPasswords({ scheme }: { readonly scheme: PasswordScheme }) {
  // Each hash fills 19 MiB and one processor for some milliseconds: more at once would only slow one another.
  const turns = createTurns({ places: availableParallelism(), acquireTimeoutMs: HASHING_TIMEOUT_MS })
  let decoy: Promise<string> | undefined
  let common: Promise<ReadonlySet<string>> | undefined

  async function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = await turns.take()
    try {
      return await work()
    } finally {
      done()
    }
  }

  async function hash(password: string): Promise<string> {
    return await inTurn(() => (scheme === 'bcrypt' ? hashBcrypt(password) : hashArgon2(password)))
  }

  function canHash(password: string): boolean {
    return scheme !== 'bcrypt' || Buffer.byteLength(password) <= BCRYPT_MAX_BYTES
  }

  async function verify(password: string, stored: string): Promise<boolean> {
    return await inTurn(() =>
      isBcrypt(stored) ? verifyBcrypt(password, stored) : verifyArgon2(password, stored),
    )
  }

  return {
    hash,
    verify,
    /** Takes as long as `verify` and answers no: for an account that is not there. */
    async verifyNothing(password: string): Promise<false> {
      decoy ??= hash(randomBytes(16).toString('hex'))
      await verify(password, await decoy)
      return false
    },
    /** Whether the scheme takes the whole password into account. */
    canHash,
    /** Whether a hash that was just verified is weaker than what we would make today. */
    isOutdated: (stored: string) =>
      scheme === 'argon2id' ? !isStrongArgon2(stored) : !isStrongBcrypt(stored),
    /** Refuses a new password that is too easy to guess, or that the scheme would cut off. */
    async checkNew(password: string, pointer: string): Promise<void> {
      if (!canHash(password)) {
        throw invalidField({ pointer, code: 'password_too_long', text: fieldTexts.longForBcrypt })
      }
      common ??= loadCommonPasswords()
      if ((await common).has(password.toLowerCase())) {
        throw invalidField({ pointer, code: 'common_password', text: fieldTexts.commonPassword })
      }
    },
  }
}

/** The list is sorted by how often a password was seen. */
async function loadCommonPasswords(): Promise<ReadonlySet<string>> {
  const { dictionary } = await import('@zxcvbn-ts/language-common')
  return new Set(dictionary['passwords-common'].slice(0, COMMON_PASSWORDS))
}

/** The PHC string format: `$argon2id$v=19$m=…,t=…,p=…$salt$hash`, base64 without padding. */
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

async function hashArgon2(password: string): Promise<string> {
  const { memory, passes, parallelism } = ARGON2
  const nonce = randomBytes(16)
  const tag = await deriveKey('argon2id', { message: password, nonce, ...ARGON2 })
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(nonce)}$${unpadded(tag)}`
}

async function verifyArgon2(password: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt = '', expected = ''] = PHC.exec(stored) ?? []
  if (memory === undefined) return false
  const tag = Buffer.from(expected, 'base64')
  const actual = await deriveKey('argon2id', {
    message: password,
    nonce: Buffer.from(salt, 'base64'),
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
    tagLength: tag.length,
  })
  return timingSafeEqual(actual, tag)
}

function isStrongArgon2(stored: string): boolean {
  const [, memory, passes] = PHC.exec(stored) ?? []
  return Number(memory) >= ARGON2.memory && Number(passes) >= ARGON2.passes
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '')
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$/

function isBcrypt(stored: string): boolean {
  return BCRYPT.test(stored)
}

function isStrongBcrypt(stored: string): boolean {
  return Number(BCRYPT.exec(stored)?.[1]) >= BCRYPT_COST
}

async function hashBcrypt(password: string): Promise<string> {
  const bcrypt = await import('bcrypt')
  return await bcrypt.default.hash(password, BCRYPT_COST)
}

async function verifyBcrypt(password: string, stored: string): Promise<boolean> {
  const bcrypt = await import('bcrypt')
  // PHP writes `$2y$` for what everybody else calls `$2b$`.
  return await bcrypt.default.compare(password, stored.replace(/^\$2y\$/, '$2b$'))
}
