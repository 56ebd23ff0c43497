import { isUtf8 } from 'node:buffer'

/** The types of files that are taken. Each is told by its first bytes; what a sender says is not believed. */
export const fileTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'application/pdf'] as const
/** Text is known by nothing but that it is text, so only who asks for it by name gets it. */
export const TEXT_TYPE = 'text/plain'
export const allFileTypes = [...fileTypes, TEXT_TYPE] as const
export type FileType = (typeof allFileTypes)[number]

export const imageTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const satisfies FileType[]

/** Texts at places in bytes, of which all must be there. */
type Signature = readonly (readonly [offset: number, bytes: string])[]

const SIGNATURES: readonly (readonly [FileType, Signature])[] = [
  // PNG (RFC 2083 §12.11), and the chunk that must come first.
  [
    'image/png',
    [
      [0, '\x89PNG\r\n\x1a\n'],
      [12, 'IHDR'],
    ],
  ],
  ['image/jpeg', [[0, '\xff\xd8\xff']]],
  [
    'image/webp',
    [
      [0, 'RIFF'],
      [8, 'WEBPVP8'],
    ],
  ],
  ['image/gif', [[0, 'GIF87a']]],
  ['image/gif', [[0, 'GIF89a']]],
  ['application/pdf', [[0, '%PDF-']]],
]

export function detectFileType(content: Buffer): FileType | null {
  const found = SIGNATURES.find(([, signature]) =>
    signature.every(([offset, bytes]) => content.toString('latin1', offset, offset + bytes.length) === bytes),
  )
  return found?.[0] ?? null
}

/** Of the control characters text has tabs and ends of lines and pages only. */
const CONTROL = /[^\P{Cc}\t\n\f\r]/u

/** UTF-8 that people read. Markup is none: saved under its own name, a browser would run it. */
export function isPlainText(content: Buffer): boolean {
  if (!isUtf8(content)) return false
  const text = content.toString()
  return !CONTROL.test(text) && !text.trimStart().startsWith('<')
}

export function asFileType(text: string): FileType {
  const type = allFileTypes.find((each) => each === text)
  if (type === undefined) throw new TypeError(`no file was ever stored with the type ${text}`)
  return type
}
