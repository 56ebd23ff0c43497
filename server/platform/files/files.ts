import type { Kysely, Transaction } from 'kysely'
import type { Call } from '../call.ts'
import type { Clock } from '../clock.ts'
import type { PlatformTables } from '../database/tables.ts'
import type { Ids } from '../id.ts'
import { refuseFile } from './errors.ts'
import {
  type FileRow,
  findKeptFile,
  insertFile,
  markDropped,
  markKept,
  markUnkeptDropped,
} from './file-queries.ts'
import { detectFileType, type FileType, isPlainText, TEXT_TYPE } from './file-type.ts'
import type { FileStore } from './store.ts'
import type { Upload } from './upload.ts'

/** What files can be for; each module says so of its own. */
export type FilePurpose = {
  /** As in `product_image`; for ever the same. */
  readonly name: string
  readonly types: readonly FileType[]
  /** Everybody, and their caches for ever; or a rule for those with an account, none of whose caches keep it. */
  readonly readers: 'everybody' | ((call: Call, file: FileOwnership) => boolean | Promise<boolean>)
}

type FileOwnership = Pick<FileRow, 'id' | 'owner_id'>

type NewFile = {
  readonly upload: Upload
  readonly purpose: FilePurpose
  /** Whose file it is: the one who sent it, or whose record it is for. */
  readonly ownerId: string
}

export type StoredFile = Pick<FileRow, 'id' | 'name' | 'type' | 'bytes' | 'sha256'>

/**
 * A file has a row before it has bytes and until after it has none, so that none is ever forgotten in the store: store
 * it, then name it in a record and `keep` it in one transaction; where that fails, `discard` it. `drop` it in the
 * transaction in which its record stops naming it. A timer removes what was dropped, and what nobody has kept.
 */
export type Files = {
  readonly storeUpload: (file: NewFile) => Promise<StoredFile>
  readonly keep: (trx: Transaction<PlatformTables>, id: string) => Promise<void>
  readonly drop: (trx: Transaction<PlatformTables>, ids: readonly string[]) => Promise<void>
  readonly discard: (id: string) => Promise<void>
  readonly find: (id: string) => Promise<FileRow | undefined>
  /** The bytes of a file that was found. */
  readonly readUpload: (file: Pick<FileRow, 'id'>) => Promise<Buffer>
}

type FilesParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly ids: Ids
  readonly store: FileStore
}

const BASE = '/api/v1/files'

export function filePath(id: string): string {
  return `${BASE}/${id}`
}

/** What a file is, where its purpose takes such; text is told last, for it has no bytes of its own. */
function typeOf(content: Buffer, { types }: FilePurpose): FileType | null {
  const type = detectFileType(content) ?? (isPlainText(content) ? TEXT_TYPE : null)
  return type !== null && types.includes(type) ? type : null
}

export function createFiles({ db, clock, ids, store }: FilesParts): Files {
  return {
    async storeUpload({ upload: { name, sha256, content }, purpose, ownerId }) {
      const type = typeOf(content, purpose)
      if (type === null)
        throw refuseFile('unsupported_file', { details: { allowed: purpose.types.join(', ') } })
      const file = { id: ids.next(), name, type, bytes: content.length, sha256 }
      await insertFile(db, {
        ...file,
        purpose: purpose.name,
        owner_id: ownerId,
        created_at: clock.now(),
      })
      await store.put(file.id, content)
      return file
    },
    async keep(trx, id) {
      // It took so long that it was given up; the sender may try again.
      if (!(await markKept(trx, id, clock.now()))) throw refuseFile('file_not_found')
    },
    async drop(trx, dropped) {
      await markDropped(trx, dropped, clock.now())
    },
    async discard(id) {
      // Whatever has gone wrong has more to say; the timer finds the file as well, only later.
      await markUnkeptDropped(db, id, clock.now()).catch(() => {})
    },
    find: async (id) => await findKeptFile(db, id),
    async readUpload({ id }) {
      const content = await store.get(id)
      if (content === undefined)
        throw refuseFile('file_not_found', { cause: new Error(`the store has lost ${id}`) })
      return content
    },
  }
}
