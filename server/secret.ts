import { createHmac, randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from './config.ts'

/** The secret of the configuration; outside production else one that is made once and kept in the data folder (F2). */
export async function provideSecret({ tokens, dataDirectory }: Config): Promise<string> {
  if (tokens.jwtSecret !== null) return tokens.jwtSecret
  await mkdir(dataDirectory, { recursive: true })
  const file = join(dataDirectory, 'secret')
  try {
    // `wx` lets exactly one of several first starts write it.
    const handle = await open(file, 'wx', 0o600)
    const secret = randomBytes(48).toString('base64url')
    await handle.writeFile(secret)
    await handle.sync()
    await handle.close()
    return secret
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    const secret = (await readFile(file, 'utf8')).trim()
    if (secret.length < 32)
      throw new Error(`${file} holds no secret; remove it and start again`, { cause: error })
    return secret
  }
}

/** By this services tell whether they have the same secret; it says no more of it than any token does. */
export function markOf(secret: string): string {
  return createHmac('sha256', secret).update('karya token mark').digest('base64url').slice(0, 16)
}
