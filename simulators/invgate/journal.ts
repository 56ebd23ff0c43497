import type { Parameters } from './parameters.ts'

/** One request that arrived, answered or not; secrets are masked. */
export type JournalEntry = {
  readonly method: string
  /** The name of the endpoint, `oauth` for the one of tokens. */
  readonly endpoint: string
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
  /** The names of the files that came with it. */
  readonly files: readonly string[]
  /** Without the boundary. */
  readonly contentType: string
  /** The user of Basic, `bearer`, or null. */
  readonly user: string | null
  readonly at: Date
  /** Null while there is none, and where the connection was broken instead. */
  status: number | null
}

/** The requests in the order of their arrival. */
export type Journal = {
  readonly entries: readonly JournalEntry[]
  /** Those of an endpoint, of one method if it is named. */
  readonly of: (endpoint: string, method?: string) => readonly JournalEntry[]
  readonly add: (entry: JournalEntry) => JournalEntry
  readonly clear: () => void
}

const SECRET = /^(pass(word)?|client_secret|access_token|token)$/i

export function createJournal(): Journal {
  const entries: JournalEntry[] = []
  return {
    entries,
    of: (endpoint, method) =>
      entries.filter(
        (each) => each.endpoint === endpoint && (method === undefined || each.method === method),
      ),
    add(entry) {
      entries.push(entry)
      return entry
    },
    clear: () => void entries.splice(0),
  }
}

export function maskParameters(parameters: Parameters): JournalEntry['parameters'] {
  return Object.fromEntries(
    Array.from(parameters, ([name, value]) => [name, SECRET.test(name) ? '***' : value]),
  )
}
