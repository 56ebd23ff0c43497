import type { Form } from './forms.ts'

/** Variables by name, as in `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>

/** The server must not start; the message names every bad variable and repeats none of the values. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(['The configuration is not valid:', ...problems].join('\n  '))
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export type Reader = ReturnType<typeof createReader>

/** The names that the systems before Karya used; the first that is set counts, ours before all others. */
const ALIASES: Readonly<Record<string, readonly string[]>> = {
  PORT: ['SERVER_PORT', 'APP_PORT'],
  KAFKA_BROKERS: ['KAFKA_BROKER'],
  INVGATE_BASE_URL: ['ARMMADA_BASE_URL'],
  INVGATE_USERNAME: ['ARMMADA_USERNAME'],
  INVGATE_PASSWORD: ['ARMMADA_PASSWORD'],
  INVGATE_COMPANY_ID: ['ARMMADA_COMPANY_ID'],
  INVGATE_GROUP_ID: ['ARMMADA_GROUP_ID'],
  DB_HOST: ['MYSQL_HOST'],
  DB_PORT: ['MYSQL_PORT'],
  DB_USER: ['MYSQL_USER', 'MYSQL_USERNAME'],
  DB_PASSWORD: ['MYSQL_PASSWORD'],
  DB_NAME: ['MYSQL_DATABASE', 'MYSQL_NAME', 'MYSQL_DB', 'MYSQL_DBNAME'],
}

/** Known to others: the tests arm a crash with the first, and find their servers by the rest. */
const FOREIGN = /^KARYA_(CRASHPOINT|TEST_\w+)$/
/** Kubernetes and container links tell of a neighbour named `karya` in variables of these forms. */
const SERVICE_LINK = /_SERVICE_(HOST|PORT)(_|$)|_PORT_\d+_(TCP|UDP|SCTP)(_|$)/

/** Reads variables one by one and keeps what is wrong, so that all of it can be told at once. */
export function createReader(environment: Environment) {
  const problems: string[] = []
  const warnings: string[] = []
  const names: string[] = []

  function find(name: string): { readonly name: string; readonly text: string } | null {
    for (const spelling of [name, ...(ALIASES[name] ?? [])]) {
      const text = environment[spelling]
      if (text !== undefined && isSet(spelling, text)) return { name: spelling, text }
    }
    return null
  }

  /** Reads a variable of ours; `otherwise` stands for unset and for bad alike. */
  function read<Value, Otherwise>(name: string, form: Form<Value>, otherwise: Otherwise) {
    names.push(name)
    return readLegacy(name, form, otherwise)
  }

  /** The same for what only the older systems had a name for, which is not one of ours. */
  function readLegacy<Value, Otherwise>(name: string, form: Form<Value>, otherwise: Otherwise) {
    const found = find(name)
    if (found === null) return otherwise
    const value = form.parse(found.text)
    if (value !== undefined) return value
    refuse(found.name, `expected ${form.expects}`)
    return otherwise
  }

  function refuse(name: string, why: string): void {
    problems.push(`${name}: ${why}`)
  }

  return {
    problems,
    warnings,
    /** Every variable read so far under its right name. */
    names,
    read,
    readLegacy,
    refuse,

    /** The spelling under which a variable or one of its aliases is set. */
    spelling: (name: string): string | null => find(name)?.name ?? null,

    /** Refuses what begins with our prefix and is none of ours: most likely a typing error. */
    refuseUnknown(): void {
      for (const [name, text = ''] of Object.entries(environment)) {
        if (!name.startsWith('KARYA_') || names.includes(name) || !isSet(name, text)) continue
        if (FOREIGN.test(name) || SERVICE_LINK.test(name)) continue
        refuse(name, `is not a variable of Karya; did you mean ${nearest(name, names)}?`)
      }
    },
  }
}

/** A neighbour named `redis` makes Kubernetes set REDIS_PORT to `tcp://…`, which nobody wrote for us. */
function isSet(name: string, text: string): boolean {
  return text.trim() !== '' && !(name.endsWith('_PORT') && /^(tcp|udp|sctp):\/\//.test(text))
}

function nearest(name: string, names: readonly string[]): string {
  const spellings = [name, name.replace(/^KARYA_/, '')]
  const distance = (known: string) => Math.min(...spellings.map((spelling) => editDistance(spelling, known)))
  return names.reduce((best, known) => (distance(known) < distance(best) ? known : best))
}

/** Levenshtein's distance: how many letters must be put in, taken out or changed. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (const [line, letter] of from.split('').entries()) {
    const next = [line + 1]
    for (const [column, other] of to.split('').entries()) {
      const changed = (row[column] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(changed, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
