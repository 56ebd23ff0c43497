import type { Change } from './change-watch.ts'

/** Changes as one process tells them to the others. */
export function writeChanges(changes: readonly Change[]): string {
  return changes.map(({ id, version }) => `${version} ${id}`).join('\n')
}

/** Leaves out what is not one. */
export function readChanges(message: string): Change[] {
  return message.split('\n').flatMap((line) => {
    const [, version, id] = /^(\d{1,16}) (\S{1,200})$/.exec(line) ?? []
    return version === undefined || id === undefined ? [] : [{ id, version: Number(version) }]
  })
}
