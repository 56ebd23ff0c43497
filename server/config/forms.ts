import { isIP, isIPv6 } from 'node:net'
import { normalize } from 'node:path'
import type { DatabaseAddress } from '../platform/database/engine.ts'
import type { S3Address } from '../platform/files/s3-store.ts'
import type { RateLimit } from '../platform/http/rate-limit.ts'

/**
 * How the text of one variable is understood; undefined means that it is not of this form.
 * `expects` is all that a complaint ever says, so a bad value, which may hold a secret, is never repeated.
 */
export type Form<Value> = {
  readonly expects: string
  readonly parse: (text: string) => Value | undefined
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
])
const YEAR_MS = 365 * 86_400_000
/** The ranges that Fastify's `trustProxy` knows by name. */
const NAMED_RANGES: readonly string[] = ['loopback', 'linklocal', 'uniquelocal']

/** A form whose text may stand between blanks, as it easily does in files. */
function form<Value>(expects: string, parse: (text: string) => Value | undefined): Form<Value> {
  return { expects, parse: (text) => parse(text.trim()) }
}

/** Taken as it is, blanks included. */
export function secret({ minBytes = 1 } = {}): Form<string> {
  return {
    expects: minBytes === 1 ? 'some text' : `at least ${minBytes} bytes`,
    parse: (text) => (Buffer.byteLength(text) >= minBytes ? text : undefined),
  }
}

/** The length is the one that sign-in accepts (I1). */
export const password: Form<string> = {
  expects: 'a password of 8 to 128 characters',
  parse: (text) => (text.length >= 8 && text.length <= 128 ? text : undefined),
}

export const text: Form<string> = form('some text', (given) => given)

export const path: Form<string> = form('the path of a folder', (given) => normalize(given))

export const boolean: Form<boolean> = form('true or false', (given) => {
  const word = given.toLowerCase()
  if (['true', '1', 'yes', 'on'].includes(word)) return true
  return ['false', '0', 'no', 'off'].includes(word) ? false : undefined
})

export function wholeNumber({ min, max }: { readonly min: number; readonly max: number }): Form<number> {
  return form(`a whole number from ${min} to ${max}`, (given) => {
    const number = /^\d{1,15}$/.test(given) ? Number(given) : Number.NaN
    return number >= min && number <= max ? number : undefined
  })
}

/** A port to listen at; 0 asks the system for a free one. */
export const port: Form<number> = wholeNumber({ min: 0, max: 65_535 })
export const remotePort: Form<number> = wholeNumber({ min: 1, max: 65_535 })

export function oneOf<const Word extends string>(words: readonly Word[]): Form<Word> {
  return form(words.join(' or '), (given) => words.find((word) => word === given))
}

export function someOf<const Word extends string>(words: readonly Word[]): Form<readonly Word[]> {
  return form(`all, or a list with commas of ${words.join(', ')}`, (given) => {
    if (given === 'all') return words
    const named = split(given)
    const isKnown = named.every((name) => words.some((word) => word === name))
    return named.length > 0 && isKnown ? words.filter((word) => named.includes(word)) : undefined
  })
}

/** One or more of a form, between commas. */
export function listOf<Value>(item: Form<Value>): Form<readonly Value[]> {
  return form(`a list with commas, each ${item.expects}`, (given) => parseAll(item, given))
}

type DurationLimits = { readonly plain: 'ms' | 's'; readonly minMs: number; readonly maxMs?: number }

/** A time span in milliseconds, written as a number and its unit; without one it has the unit `plain`. */
export function durationMs({ plain, minMs, maxMs = YEAR_MS }: DurationLimits): Form<number> {
  const unitWord = plain === 's' ? 'seconds' : 'milliseconds'
  return form(`a duration such as 500ms, 30s, 15m, 12h or 7d (a plain number is ${unitWord})`, (given) => {
    const [, digits, unit = plain] = /^(\d{1,12})(ms|s|m|h|d)?$/.exec(given) ?? []
    const span = Number(digits) * (UNIT_MS.get(unit) ?? Number.NaN)
    return span >= minMs && span <= maxMs ? span : undefined
  })
}

const rateWindow = durationMs({ plain: 's', minMs: 1_000, maxMs: 86_400_000 })
const rateCount = wholeNumber({ min: 1, max: 1_000_000_000 })

/** Null switches the limit off. */
export const rateLimit: Form<RateLimit | null> = form('a rate such as 1200/1m, or off', (given) => {
  if (given === 'off') return null
  const [count = '', span = '', ...rest] = given.split('/')
  const max = rateCount.parse(count)
  const windowMs = rateWindow.parse(span)
  return max === undefined || windowMs === undefined || rest.length > 0 ? undefined : { max, windowMs }
})

export const host: Form<string> = form('a host name or an IP address', (given) =>
  isHost(given) ? given : undefined,
)

/** An address `host:port` as brokers are named; the port may be left out. */
export function hostAndPort({ defaultPort }: { readonly defaultPort: number }): Form<string> {
  return form('host:port', (given) => {
    const [, name = '', digits = String(defaultPort)] =
      /^(\[[\da-f:.]+\]|[^:]+)(?::(\d+))?$/i.exec(given) ?? []
    const number = remotePort.parse(digits)
    if (!isHost(name.replace(/^\[(.+)\]$/, '$1')) || number === undefined) return undefined
    return `${name}:${number}`
  })
}

/** A URL with a host, of one of the schemes, as it was written. */
export function url(...schemes: readonly string[]): Form<string> {
  const starts = schemes.map((scheme) => `${scheme}://`)
  return form(`an address that begins with ${starts.join(' or ')}`, (given) => {
    const parsed = URL.parse(given)
    const isOurs = parsed !== null && starts.some((start) => given.toLowerCase().startsWith(start))
    return isOurs && parsed.hostname !== '' ? given : undefined
  })
}

/** The address that paths are appended to, without the last slash. Secrets have variables of their own. */
export const baseUrl: Form<string> = form(
  'an http:// or https:// address without user, password, query or fragment',
  (given) => {
    const parsed = url('http', 'https').parse(given) === undefined ? null : URL.parse(given)
    if (parsed === null || parsed.username !== '' || parsed.password !== '' || /[?#]/.test(given))
      return undefined
    return given.replace(/\/+$/, '')
  },
)

/** What a browser sends as `Origin` (RFC 6454 §6.2), so that comparing the text is enough. */
export const origin: Form<string> = form(
  'an origin such as https://shop.example, without a path, the usual port or *',
  (given) => {
    const parsed = /^https?:\/\//.test(given) ? URL.parse(given) : null
    return parsed !== null && parsed.origin === given && !given.includes('*') ? given : undefined
  },
)

/** What Fastify's `trustProxy` takes: nobody, everybody, the nearest so many, or these. */
export const trustProxy: Form<boolean | number | string[]> = form(
  'true, false, a number of proxies, or a list with commas of addresses and CIDR ranges',
  (given) => {
    if (given === 'true' || given === 'false') return given === 'true'
    if (/^\d{1,2}$/.test(given)) return given === '0' ? false : Number(given)
    return parseAll(addressRange, given)
  },
)

const addressRange: Form<string> = form('an address or a CIDR range', (given) => {
  if (NAMED_RANGES.includes(given)) return given
  const [address = '', prefix, ...rest] = given.split('/')
  if (isIP(address) === 0 || rest.length > 0) return undefined
  const bits = wholeNumber({ min: 0, max: isIPv6(address) ? 128 : 32 })
  return prefix === undefined || bits.parse(prefix) !== undefined ? given : undefined
})

/** `sqlite:` and a path (or `:memory:`), or the URL of a database on a server. */
export const databaseAddress: Form<DatabaseAddress> = form(
  'sqlite:path/of/a/file, postgres://user:password@host:5432/name or mysql://user:password@host:3306/name',
  (given) => {
    const [, scheme = '', rest = ''] = /^([a-z]+):(.*)$/.exec(given) ?? []
    if (scheme === 'sqlite') {
      const file = rest.replace(/^\/\//, '')
      return file === '' ? undefined : { engine: 'sqlite', file: normalize(file) }
    }
    const parsed = url('postgres', 'postgresql', 'mysql', 'mariadb').parse(given) && URL.parse(given)
    if (!parsed || parsed.pathname.length < 2) return undefined
    return { engine: scheme.startsWith('postgres') ? 'postgres' : 'mysql', url: given }
  },
)

/** An S3-compatible store, with the bucket and perhaps the beginning of all keys as its path. */
export const bucket: Form<S3Address> = form(
  's3://key:secret@host/bucket, perhaps with ?region=eu-west-1 and tls=off',
  (given) => {
    const parsed = url('s3').parse(given) === undefined ? null : URL.parse(given)
    if (parsed === null || parsed.hash !== '' || parsed.username === '' || parsed.password === '')
      return undefined
    const options = Object.fromEntries(parsed.searchParams)
    const { region = 'us-east-1', tls = 'on', ...unknown } = options
    const [, name, prefix = ''] = /^\/([\w.-]+)((?:\/[\w.-]+)*)\/?$/.exec(parsed.pathname) ?? []
    if (name === undefined || !/^[\w-]+$/.test(region) || !['on', 'off'].includes(tls)) return undefined
    if (Object.keys(unknown).length > 0) return undefined
    const [accessKey, secretKey] = [parsed.username, parsed.password].map(decoded)
    if (accessKey === undefined || secretKey === undefined) return undefined
    return {
      endpoint: `${tls === 'on' ? 'https' : 'http'}://${parsed.host}`,
      bucket: name,
      prefix: prefix.slice(1),
      region,
      accessKey,
      secretKey,
    }
  },
)

export const timeZone: Form<string> = form('an IANA time zone such as Asia/Jakarta', (given) => {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone && given
  } catch {
    return undefined
  }
})

export const email: Form<string> = form('an e-mail address', (given) => (isEmail(given) ? given : undefined))

/** An address, or a name and an address in angle brackets (RFC 5322 `mailbox`). */
export const mailbox: Form<string> = form('an address such as Karya <karya@example.com>', (given) => {
  const [, address = given] = /^[^<>\r\n]*<([^<>]+)>$/.exec(given) ?? []
  return isEmail(address) ? given : undefined
})

export const topic: Form<string> = form('an event type such as order_created', (given) =>
  /^[\w.-]{1,249}$/.test(given) ? given : undefined,
)

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    return undefined
  }
}

function split(given: string): string[] {
  return given
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

function parseAll<Value>(item: Form<Value>, given: string): Value[] | undefined {
  const parts = split(given)
  const values = parts.map(item.parse).filter((value) => value !== undefined)
  return parts.length > 0 && values.length === parts.length ? values : undefined
}

function isHost(given: string): boolean {
  return isIP(given) !== 0 || /^[a-z\d_]([\w-]*[a-z\d])?(\.[a-z\d_]([\w-]*[a-z\d])?)*$/i.test(given)
}

function isEmail(given: string): boolean {
  return given.length <= 254 && /^[^\s@<>",;:]+@[^\s@<>",;:]+$/.test(given)
}

/** Of a JetStream stream; in lower case it begins the subjects as well. */
export const streamName: Form<string> = form('letters, digits, - and _', (given) =>
  /^[\w-]{1,32}$/.test(given) ? given : undefined,
)
