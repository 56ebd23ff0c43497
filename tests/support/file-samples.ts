/** Files to send, and the form to send them in. */

/** The first bytes of each type of file, followed by nothing that anybody would show. */
export const samples = {
  'image/png': Buffer.from(
    '89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082',
    'hex',
  ),
  'image/jpeg': Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex'),
  'image/webp': Buffer.from('524946461a000000574542505650384c0d0000002f00000010071011118888fe0700', 'hex'),
  'image/gif': Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1'),
  'application/pdf': Buffer.from('%PDF-1.4\n%%EOF\n'),
} as const

/** What is sent to us by those who mean no good, or do not know. */
export const strangers = {
  'a Windows program': Buffer.from('4d5a90000300000004000000ffff0000', 'hex'),
  'a Linux program': Buffer.from('7f454c4602010100', 'hex'),
  'an SVG with a script': Buffer.from(
    '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  ),
  'a web page': Buffer.from('<!doctype html><script>alert(1)</script>'),
  'a web page after the beginning of a PNG': Buffer.from('\x89PNG\r\n<script>alert(1)</script>', 'latin1'),
  'a zip': Buffer.from('504b0304', 'hex'),
  text: Buffer.from('halo'),
} as const

export type Part = { readonly name?: string; readonly filename?: string; readonly content: Buffer | string }

/** A form with files (RFC 7578). */
export function formOf(...parts: readonly Part[]): { headers: Record<string, string>; body: Buffer } {
  const boundary = 'a-boundary-that-is-in-no-file'
  const chunks = parts.flatMap(({ name = 'file', filename, content }) => [
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"`,
    filename === undefined ? '' : `; filename="${filename}"\r\ncontent-type: image/png`,
    '\r\n\r\n',
    content,
    '\r\n',
  ])
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([...chunks, `--${boundary}--\r\n`].map((chunk) => Buffer.from(chunk))),
  }
}
