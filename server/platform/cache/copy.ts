/** An answer that was worked out before. */
export type Copy = {
  readonly bytes: Buffer
  /** The record's; 0 for what is made of many. */
  readonly version: number
  /** Whether everybody may see it. */
  readonly isPublic: boolean
}

/** What was read from the database, to be kept. */
export type Loaded = { readonly text: string; readonly version: number; readonly isPublic: boolean }

/** A copy as it lies in the store that all processes share, with the position of the log that it was read at. */
export type StampedCopy = Copy & { readonly stamp: number }

const HEAD = /^(\d{1,16}) (\d{1,16}) (public|hidden)$/

export function toCopy({ text, version, isPublic }: Loaded): Copy {
  return { bytes: toBytes(text), version, isPublic }
}

export function writeCopy({ stamp, version, isPublic, bytes }: StampedCopy): string {
  return `${stamp} ${version} ${isPublic ? 'public' : 'hidden'}\n${bytes.toString()}`
}

/** Null for what none of us has written. */
export function readCopy(text: string): StampedCopy | null {
  const end = text.indexOf('\n')
  const [, stamp, version, visibility] = HEAD.exec(text.slice(0, Math.max(end, 0))) ?? []
  if (stamp === undefined || version === undefined) return null
  return {
    stamp: Number(stamp),
    version: Number(version),
    isPublic: visibility === 'public',
    bytes: toBytes(text.slice(end + 1)),
  }
}

/** Not a slice of a larger buffer, which would stay for as long as the slice does. */
function toBytes(text: string): Buffer {
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text))
  bytes.write(text)
  return bytes
}
