import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { createFolderStore } from './folder-store.ts'
import { createS3Store, type S3Address } from './s3-store.ts'
import type { FileStore } from './store.ts'

type Place = {
  /** Null: the data folder. */
  readonly bucket: S3Address | null
  readonly dataDirectory: string
  readonly clock: Clock
}

export function openFileStore({ bucket, dataDirectory, clock }: Place): FileStore {
  return bucket === null
    ? createFolderStore({ directory: join(dataDirectory, 'files') })
    : createS3Store({ address: bucket, clock })
}
