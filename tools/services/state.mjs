/** What `up` found and started, kept in .services/state.json. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const servicesFolder = fileURLToPath(new URL('../../.services', import.meta.url))

const stateFile = join(servicesFolder, 'state.json')

/**
 * One entry a service, by its name: `address`; and, for one of our own, its folder `home`, `port`, and
 * `pid` while it is meant to run. A state that was copied along with the project is of another folder, and
 * says nothing of this one.
 */
export function readState() {
  try {
    const { folder, services } = JSON.parse(readFileSync(stateFile, 'utf8'))
    return folder === servicesFolder ? services : {}
  } catch (error) {
    if (error.code === 'ENOENT') return {}
    throw new Error(`${stateFile} cannot be read: ${error.message}`, { cause: error })
  }
}

/** A rename is atomic, so whoever reads meanwhile sees one whole state. */
export function writeState(services) {
  mkdirSync(servicesFolder, { recursive: true })
  writeFileSync(`${stateFile}.new`, `${JSON.stringify({ folder: servicesFolder, services }, null, 2)}\n`)
  renameSync(`${stateFile}.new`, stateFile)
}
