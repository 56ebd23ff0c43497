import { Refusal } from './answers.ts'
import { type Fault, faultModes } from './faults.ts'
import type { Seed } from './seed.ts'
import type { NewIncident, NewUser } from './store.ts'

/** One fault or a list of them, named as on the wire. */
export function readFaults(json: object): Fault[] {
  const list: unknown[] = Array.isArray(json) ? json : [json]
  return list.map((each) => {
    const field = (name: string): unknown =>
      typeof each === 'object' && each !== null ? Reflect.get(each, name) : undefined
    const mode = faultModes.find((known) => known === field('mode'))
    if (mode === undefined) throw new Refusal(400, `mode is one of ${faultModes.join(', ')}`)
    return {
      mode,
      endpoint: textOf(field('endpoint')),
      method: textOf(field('method')),
      times: field('times') === null ? null : numberOf(field('times')),
      share: numberOf(field('share')),
      status: numberOf(field('status')),
      delayMs: numberOf(field('delay_ms')),
      retryAfter: numberOf(field('retry_after')),
    }
  })
}

export function readSeed(json: object): Seed {
  return {
    users: listOf(json, 'users').map((row): NewUser => ({ ...row, email: String(row['email']) })),
    incidents: listOf(json, 'incidents').map((row): NewIncident => ({ ...row, title: String(row['title']) })),
  }
}

function listOf(json: object, name: string): Record<string, unknown>[] {
  const list: unknown = Reflect.get(json, name)
  if (!Array.isArray(list)) return []
  return list.map((row: unknown) => {
    if (typeof row !== 'object' || row === null) throw new Refusal(400, `${name} is a list of objects`)
    return { ...row }
  })
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}
