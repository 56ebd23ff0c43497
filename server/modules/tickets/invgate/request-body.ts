import { randomBytes } from 'node:crypto'
import type { InvgateFile } from './contract.ts'

export type Body = { readonly contentType: string; readonly content: string | Buffer }

export function encodePairs(pairs: readonly (readonly [string, string])[]): string {
  const search = new URLSearchParams()
  for (const [name, value] of pairs) search.append(name, value)
  return search.toString()
}

/** A form; with files in parts, the only way in which InvGate takes files. */
export function encodeForm(
  pairs: readonly (readonly [string, string])[],
  files: readonly InvgateFile[] = [],
): Body {
  if (files.length === 0) {
    return { contentType: 'application/x-www-form-urlencoded', content: encodePairs(pairs) }
  }
  const boundary = `karya-${randomBytes(18).toString('hex')}`
  const chunks: Buffer[] = pairs.map(([name, value]) =>
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${quote(name)}"\r\n\r\n${value}\r\n`),
  )
  for (const { name, mediaType, content } of files) {
    const head =
      `--${boundary}\r\nContent-Disposition: form-data; name="attachments[]"; filename="${quote(name)}"\r\n` +
      `Content-Type: ${mediaType.replaceAll(/[^\w.+/-]/g, '')}\r\n\r\n`
    chunks.push(Buffer.from(head), content, Buffer.from('\r\n'))
  }
  chunks.push(Buffer.from(`--${boundary}--\r\n`))
  return { contentType: `multipart/form-data; boundary=${boundary}`, content: Buffer.concat(chunks) }
}

export function encodeJson(value: object): Body {
  return { contentType: 'application/json', content: JSON.stringify(value) }
}

/** As browsers write names into parts. */
function quote(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
