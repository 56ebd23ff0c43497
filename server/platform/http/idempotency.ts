import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Kysely, type QueryExecutorProvider, sql } from 'kysely'
import type { Call, Companion } from '../call.ts'
import type { Clock } from '../clock.ts'
import { engineOf } from '../database/engine.ts'
import { databaseFailure } from '../database/failure.ts'
import type { IdempotencyKeyTable, PlatformTables } from '../database/tables.ts'
import { type AppError, defineErrors, invalidField } from '../errors.ts'
import { callOf } from './callers.ts'
import { entityTagOf } from './etag.ts'
import { createProblem } from './problem.ts'

const KEPT_MS = 24 * 60 * 60 * 1_000
const KEY = /^[\x21-\x7e]{1,255}$/

const refuse = defineErrors({
  idempotency_key_reused: {
    kind: 'unprocessable',
    en: 'This Idempotency-Key was used before with another request.',
    id: 'Idempotency-Key ini sudah dipakai untuk permintaan lain.',
  },
  idempotency_key_in_use: {
    kind: 'conflict',
    en: 'The first request with this Idempotency-Key is still running.',
    id: 'Permintaan pertama dengan Idempotency-Key ini masih berjalan.',
  },
})

/** What a use case's result looks like to the client. */
export type Presentation = {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/** A record that this request made. */
export function created(path: string, record: { readonly id: string }): Presentation {
  return { status: 201, body: record, headers: { location: `${path}/${record.id}` } }
}

type Answer = {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  readonly body: string
  /** Until when, in ISO 8601, the work is still under way whose answer this is only if it is never ended. */
  readonly heldUntil?: string
}

/** The answer that was given to the same request before; thrown, so that nothing of the work is done again. */
class Replay extends Error {
  readonly answer: Answer
  constructor(answer: Answer) {
    super('this request has been answered before')
    this.answer = answer
  }
}

type Post<Result> = {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  /** A secret beside the token that says who calls, like a cookie; with another one it is another caller. */
  readonly credential?: string | undefined
  readonly present: (result: Result) => Presentation
  readonly work: (call: Call<Result>) => Promise<Result>
}

export type AnswerOnce = <Result>(post: Post<Result>) => Promise<FastifyReply>

/**
 * Answers a POST, and with an `Idempotency-Key` answers it once (C6): the key's row joins the transaction of the work
 * with the very bytes of the answer. A second request with the key waits at that row, as long as the engine waits for
 * locks, and then gets the bytes. Refusals are not kept: their work was rolled back, and may succeed next time; but for
 * those that the work itself ends with, because something of it stays.
 */
export function createAnswerOnce({
  secret,
  clock,
}: {
  readonly secret: string
  readonly clock: Clock
}): AnswerOnce {
  return async ({ request, reply, credential, present, work }) => {
    const key = request.headers['idempotency-key']
    if (key === undefined) return await send(reply, encode(reply, present(await work(callOf(request)))))
    if (typeof key !== 'string' || !KEY.test(key)) throw malformedKey()

    let answer: Answer | undefined
    const row = { ...identify(request, { key, credential, secret }), sealing: sealingKey(secret, key) }
    const keep = async (trx: QueryExecutorProvider, kept: Answer) => {
      await sql`update idempotency_keys set answer = ${seal(kept, row.sealing)} where id = ${row.id}`.execute(
        trx,
      )
    }
    const companion: Companion<Parameters<typeof present>[0]> = {
      recall: async (db) => await recall(db, row, clock.now()),
      begin: async (trx) => await claim(trx, row, clock.now()),
      finish: async (trx, result) => {
        answer = encode(reply, present(result))
        await keep(trx, answer)
      },
      hold: async (trx, refusal, until) => {
        await keep(trx, { ...encodeRefusal(request, refusal), heldUntil: until.toISOString() })
      },
      refuse: async (trx, refusal) => await keep(trx, encodeRefusal(request, refusal)),
    }
    try {
      const result = await work(callOf(request, companion))
      return await send(reply, answer ?? encode(reply, present(result)))
    } catch (error) {
      if (!(error instanceof Replay)) throw error
      return await send(reply.header('idempotent-replayed', 'true'), error.answer)
    }
  }
}

type Row = { readonly id: string; readonly fingerprint: string; readonly sealing: Buffer }

type Identity = { readonly key: string; readonly credential: string | undefined; readonly secret: string }

/** The same key of another caller, or for another route, is another key. */
function identify(
  request: FastifyRequest,
  { key, credential, secret }: Identity,
): Pick<Row, 'id' | 'fingerprint'> {
  const user = request.actor?.userId ?? `anonymous ${request.ip}`
  const proof =
    credential === undefined ? '' : ` ${createHmac('sha256', secret).update(credential).digest('hex')}`
  const caller = `${user}${proof}`
  const route = `${request.method} ${request.routeOptions.url}`
  const fingerprint = createHmac('sha256', secret)
    .update(`${request.url}\n`)
    .update(JSON.stringify(request.body ?? null))
    .digest('hex')
  return { id: createHash('sha256').update(`${caller}\n${route}\n${key}`).digest('hex'), fingerprint }
}

async function claim(trx: QueryExecutorProvider, row: Row, now: Date): Promise<void> {
  if (await insertKey(trx, row, now)) return

  const earlier = await findKey(trx, row)
  if (earlier === undefined) throw refuse('idempotency_key_in_use', { retryAfterSeconds: 1 })
  if (isOld(earlier, now)) return await takeOver(trx, row, earlier.created_at, now)
  answerAgain(earlier, row, now)
}

async function recall(db: QueryExecutorProvider, row: Row, now: Date): Promise<void> {
  const earlier = await findKey(db, row)
  if (earlier !== undefined && !isOld(earlier, now)) answerAgain(earlier, row, now)
}

async function findKey(db: QueryExecutorProvider, { id }: Row): Promise<IdempotencyKeyTable | undefined> {
  const { rows } = await sql<IdempotencyKeyTable>`
    select fingerprint, answer, created_at from idempotency_keys where id = ${id}`.execute(db)
  return rows[0]
}

function isOld({ created_at: createdAt }: IdempotencyKeyTable, now: Date): boolean {
  return now.getTime() - createdAt.getTime() > KEPT_MS
}

function answerAgain(earlier: IdempotencyKeyTable, row: Row, now: Date): never {
  if (earlier.fingerprint !== row.fingerprint) throw refuse('idempotency_key_reused')
  const answer = unseal(earlier.answer ?? '', row.sealing)
  if (answer.heldUntil !== undefined && new Date(answer.heldUntil) > now)
    throw refuse('idempotency_key_in_use', { retryAfterSeconds: 1 })
  throw new Replay(answer)
}

async function insertKey(trx: QueryExecutorProvider, row: Row, now: Date): Promise<boolean> {
  const values = sql`(${row.id}, ${row.fingerprint}, ${now})`
  const statement =
    engineOf(trx) === 'mysql'
      ? sql`insert ignore into idempotency_keys (id, fingerprint, created_at) values ${values}`
      : sql`insert into idempotency_keys (id, fingerprint, created_at) values ${values} on conflict (id) do nothing`
  try {
    const { numAffectedRows } = await statement.execute(trx)
    return numAffectedRows === 1n
  } catch (error) {
    // The first request holds the row for as long as its transaction runs.
    if (databaseFailure(error) === 'busy')
      throw refuse('idempotency_key_in_use', { retryAfterSeconds: 1, cause: error })
    throw error
  }
}

/** A key older than a day is free again, for the first of those who ask for it. */
async function takeOver(trx: QueryExecutorProvider, row: Row, seenAt: Date, now: Date): Promise<void> {
  const taken = await sql`
    update idempotency_keys set fingerprint = ${row.fingerprint}, answer = null, created_at = ${now}
    where id = ${row.id} and created_at = ${seenAt}`.execute(trx)
  if (taken.numAffectedRows !== 1n) throw refuse('idempotency_key_in_use', { retryAfterSeconds: 1 })
}

/** Our serializers make text; Fastify's type leaves room for those that do not. */
function serialize(reply: FastifyReply, body: unknown): string {
  const text = reply.serialize(body)
  if (typeof text !== 'string') throw new TypeError('an answer was not serialized as text')
  return text
}

export async function deleteOldIdempotencyKeys(db: Kysely<PlatformTables>, now: Date): Promise<void> {
  const kept = new Date(now.getTime() - KEPT_MS)
  await db.deleteFrom('idempotency_keys').where('created_at', '<', kept).execute()
}

function encode(reply: FastifyReply, { status, body, headers = {} }: Presentation): Answer {
  const tag = entityTagOf(body)
  return {
    status,
    headers: tag === null ? { ...headers } : { ...headers, etag: tag },
    body: body === undefined ? '' : serialize(reply.code(status), body),
  }
}

/** The same as the error handler answers. */
function encodeRefusal(request: FastifyRequest, refusal: AppError): Answer {
  const problem = createProblem(refusal, {
    language: request.language,
    instance: request.originalUrl.split('?', 1)[0] ?? '/',
    requestId: request.id,
  })
  return { status: problem.status, headers: {}, body: JSON.stringify(problem) }
}

function send(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  reply.code(status).headers(headers)
  if (body === '') return reply.send()
  return reply.type(`application/${status < 400 ? 'json' : 'problem+json'}; charset=utf-8`).send(body)
}

/** Answers hold tokens now and then, so only who knows the key can read the row; the server's secret alone cannot. */
function sealingKey(secret: string, key: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, key, 'karya idempotent answer', 32))
}

function seal(answer: Answer, key: Buffer): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const text = Buffer.concat([cipher.update(JSON.stringify(answer)), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')
}

function unseal(sealed: string, key: Buffer): Answer {
  const bytes = Buffer.from(sealed, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAuthTag(
    bytes.subarray(12, 28),
  )
  const text = Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString()
  // Sealed by `seal` above, and authenticated.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return JSON.parse(text) as Answer
}

function malformedKey() {
  return invalidField({
    pointer: 'Idempotency-Key',
    code: 'invalid',
    text: {
      en: 'must be 1 to 255 visible ASCII characters',
      id: 'harus 1 sampai 255 karakter ASCII yang terlihat',
    },
  })
}
