import { setTimeout as delay } from 'node:timers/promises'
import { Agent, request } from 'undici'
import type { Clock } from '../clock.ts'
import { refuseFile } from './errors.ts'
import { type SigningKey, sha256, signS3 } from './sigv4.ts'
import { type FileStore, storedPath } from './store.ts'

export type S3Address = SigningKey & {
  /** As in `https://s3.example.com`. */
  readonly endpoint: string
  readonly bucket: string
  /** What every key begins with, without slashes at its ends; may be empty. */
  readonly prefix: string
}

const TIMEOUT_MS = 15_000
const ATTEMPTS = 3
const PAUSE_MS = 200

type Method = 'GET' | 'PUT' | 'DELETE'
type Answer = { readonly status: number; readonly content: Buffer }

/** Keeps files in a bucket of an S3-compatible store, addressed by its path, which all of them understand. */
export function createS3Store({
  address,
  clock,
}: {
  readonly address: S3Address
  readonly clock: Clock
}): FileStore {
  const agent = new Agent({ connect: { timeout: 5_000 }, connections: 16 })
  const base = [address.endpoint, address.bucket, ...(address.prefix === '' ? [] : [address.prefix])].join(
    '/',
  )

  async function ask(method: Method, url: URL, content?: Buffer): Promise<Answer> {
    const { host: _host, ...headers } = signS3(
      { method, url, contentSha256: sha256(content ?? ''), now: clock.now() },
      address,
    )
    const { statusCode, body } = await request(url, {
      method,
      headers,
      dispatcher: agent,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(content === undefined ? {} : { body: content }),
    })
    return { status: statusCode, content: Buffer.from(await body.arrayBuffer()) }
  }

  /** Every request may be repeated: an id stands for the same bytes for ever. */
  async function insist(method: Method, id: string, content?: Buffer): Promise<Answer> {
    const url = new URL(`${base}/${storedPath(id).join('/')}`)
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await ask(method, url, content).catch((error: unknown) => ({ error }))
      const isFinal = attempt === ATTEMPTS
      if ('error' in outcome) {
        if (isFinal) throw refuseFile('file_store_failed', { cause: outcome.error })
      } else if (outcome.status < 300 || outcome.status === 404) return outcome
      else if (isFinal || outcome.status < 500) throw failed(method, outcome)
      await delay(PAUSE_MS * attempt)
    }
  }

  return {
    async put(id, content) {
      const answer = await insist('PUT', id, content)
      // There is no such bucket.
      if (answer.status === 404) throw failed('PUT', answer)
    },
    async get(id) {
      const { status, content } = await insist('GET', id)
      return status === 404 ? undefined : content
    },
    async remove(id) {
      await insist('DELETE', id)
    },
    close: async () => await agent.close(),
  }
}

function failed(method: Method, { status, content }: Answer): Error {
  const said = content.toString('utf8', 0, 300)
  return refuseFile('file_store_failed', {
    cause: new Error(`the store answered ${method} with ${status}: ${said}`),
  })
}
