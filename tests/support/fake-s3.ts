import { createHash, createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export type FakeS3 = {
  readonly url: string
  readonly objects: ReadonlyMap<string, Buffer>
  /** Answers so many requests with 503. */
  readonly failNext: (times: number) => void
  readonly refusals: readonly string[]
  readonly stop: () => Promise<void>
}

const KEY = 'a key/with+signs'
const SECRET = 'a secret/with+signs&='

/** A store that keeps what is sent with a signature of its only user, checked by its own reading of the rules. */
export async function startFakeS3({ bucket }: { readonly bucket: string }): Promise<FakeS3> {
  const objects = new Map<string, Buffer>()
  const refusals: string[] = []
  let failures = 0

  async function answer(request: IncomingMessage): Promise<[number, Buffer | string]> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const content = Buffer.concat(chunks)
    if (failures > 0) {
      failures -= 1
      return [503, '<Error><Code>SlowDown</Code></Error>']
    }
    const fault = findFault(request, content)
    if (fault !== null) {
      refusals.push(fault)
      return [403, '<Error><Code>SignatureDoesNotMatch</Code></Error>']
    }
    const [, inBucket, key = ''] = (request.url ?? '').split(/^\/([^/]+)\//)
    if (inBucket !== bucket) return [404, '<Error><Code>NoSuchBucket</Code></Error>']
    const found = objects.get(key)
    switch (request.method) {
      case 'PUT':
        objects.set(key, content)
        return [200, '']
      case 'GET':
        return found === undefined ? [404, '<Error><Code>NoSuchKey</Code></Error>'] : [200, found]
      case 'DELETE':
        objects.delete(key)
        return [204, '']
      case undefined:
      default:
        return [405, '']
    }
  }

  const server = createServer((request, response) => {
    void answer(request).then(([status, body]) => response.writeHead(status).end(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const user = `${encodeURIComponent(KEY)}:${encodeURIComponent(SECRET)}`
  return {
    url: `s3://${user}@127.0.0.1:${port}/${bucket}/shop/files?region=ap-southeast-3&tls=off`,
    objects,
    failNext: (times) => {
      failures = times
    },
    refusals,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** What is wrong with a request's signature; null when nothing is. */
function findFault({ method, url = '', headers }: IncomingMessage, content: Buffer): string | null {
  const hash = createHash('sha256').update(content).digest('hex')
  if (headers['x-amz-content-sha256'] !== hash) return 'the hash is not that of the content'
  const time = String(headers['x-amz-date'])
  const [year, rest] = [time.slice(0, 4), /^\d{4}(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time)]
  if (rest === null) return 'there is no time'
  const [, month, day, hour, minute, second] = rest
  const sentAt = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Math.abs(sentAt - Date.now()) > 3 * 86_400_000) return 'the time is another'
  const [, credential, signed = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=(.+), SignedHeaders=([a-z\d;-]+), Signature=([\da-f]{64})$/.exec(
      String(headers.authorization),
    ) ?? []
  const scope = `${year}${month}${day}/ap-southeast-3/s3/aws4_request`
  if (credential !== `${KEY}/${scope}`) return 'the credential is another'
  for (const needed of ['host', 'x-amz-content-sha256', 'x-amz-date'])
    if (!signed.split(';').includes(needed)) return `${needed} is not signed`
  const lines = signed.split(';').map((name) => `${name}:${String(headers[name])}\n`)
  const canonical = `${method}\n${url}\n\n${lines.join('')}\n${signed}\n${hash}`
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const dateKey = createHmac('sha256', `AWS4${SECRET}`).update(`${year}${month}${day}`).digest()
  const regionKey = createHmac('sha256', dateKey).update('ap-southeast-3').digest()
  const serviceKey = createHmac('sha256', regionKey).update('s3').digest()
  const signingKey = createHmac('sha256', serviceKey).update('aws4_request').digest()
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${hashed}`
  const expected = createHmac('sha256', signingKey).update(text).digest('hex')
  return signature === expected ? null : 'the signature is another'
}
