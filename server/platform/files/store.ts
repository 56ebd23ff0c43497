/** Where the bytes of files are: a folder or an object store. Ids are UUIDs; what a file is called is kept elsewhere. */
export type FileStore = {
  /** When it has returned, the bytes outlive the machine's end. */
  readonly put: (id: string, content: Buffer) => Promise<void>
  readonly get: (id: string) => Promise<Buffer | undefined>
  /** Also where nothing is. */
  readonly remove: (id: string) => Promise<void>
  readonly close: () => Promise<void>
}

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** A path of two parts, so that no folder gets very long; the first two characters of an id are its time. */
export function storedPath(id: string): readonly [folder: string, name: string] {
  if (!ID.test(id)) throw new TypeError('a file is stored under a UUID only')
  return [id.slice(-2), id]
}
