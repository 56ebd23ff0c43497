import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type FileStore, storedPath } from './store.ts'

/** Keeps files in `<directory>/<2 characters>/<id>`. */
export function createFolderStore({ directory }: { readonly directory: string }): FileStore {
  return {
    async put(id, content) {
      const [folder, name] = storedPath(id)
      const target = join(directory, folder)
      await mkdir(target, { recursive: true, mode: 0o700 })
      const unfinished = join(target, `${name}.part`)
      try {
        await writeDurably(unfinished, content)
        await rename(unfinished, join(target, name))
      } catch (error) {
        await rm(unfinished, { force: true })
        throw error
      }
      await syncFolders(target, directory)
    },
    async get(id) {
      try {
        return await readFile(join(directory, ...storedPath(id)))
      } catch (error) {
        if (isNotThere(error)) return undefined
        throw error
      }
    },
    async remove(id) {
      const path = join(directory, ...storedPath(id))
      await rm(path, { force: true })
      await rm(`${path}.part`, { force: true })
    },
    close: async () => {},
  }
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'w', 0o600)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A name in a folder outlives the machine's end only when the folder was written as well. */
async function syncFolders(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  }
}

function isNotThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
