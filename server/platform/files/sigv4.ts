import { createHash, createHmac } from 'node:crypto'

export type SigningKey = {
  readonly accessKey: string
  readonly secretKey: string
  readonly region: string
}

export type Signable = {
  readonly method: string
  readonly url: URL
  /** Besides `host` and `x-amz-…`; all of them are signed. */
  readonly headers?: Readonly<Record<string, string>>
  /** SHA-256 of the body, in hex. */
  readonly contentSha256: string
  readonly now: Date
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

/** The headers of a request to S3 with its signature in `authorization` (AWS Signature Version 4). */
export function signS3(
  { method, url, headers = {}, contentSha256, now }: Signable,
  { accessKey, secretKey, region }: SigningKey,
): Record<string, string> {
  const time = now.toISOString().replace(/[-:]|\.\d{3}/g, '')
  const day = time.slice(0, 8)
  const scope = `${day}/${region}/s3/aws4_request`
  const sent: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': contentSha256,
    'x-amz-date': time,
  }
  const names = Object.keys(sent).toSorted()
  const signedHeaders = names.join(';')
  const canonical = [
    method,
    url.pathname.split('/').map(encodeOnce).join('/'),
    canonicalQuery(url.searchParams),
    ...names.map((name) => `${name}:${(sent[name] ?? '').trim().replace(/ +/g, ' ')}`),
    '',
    signedHeaders,
    contentSha256,
  ].join('\n')
  const text = [ALGORITHM, time, scope, sha256(canonical)].join('\n')
  const key = [day, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secretKey}`)
  const signature = hmac(key, text).toString('hex')
  sent['authorization'] =
    `${ALGORITHM} Credential=${accessKey}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return sent
}

export function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

/** `encodeURIComponent` leaves some signs that the signature wants encoded. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function encodeOnce(part: string): string {
  return encode(decodeURIComponent(part))
}

function canonicalQuery(query: URLSearchParams): string {
  return Array.from(query, ([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted()
    .join('&')
}
