import type { SimulatorOptions } from './contract.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The options from variables; those that are not set keep their defaults. A value that is none of the known throws. */
export function readEnvironment(environment: Environment): SimulatorOptions {
  const options: { -readonly [Key in keyof SimulatorOptions]: SimulatorOptions[Key] } = {}
  const set = (name: string, apply: (value: string) => void): void => {
    const value = environment[name]
    if (value !== undefined && value !== '') apply(value)
  }
  const isOn = (value: string): boolean => value === '1' || value === 'true'
  set('SIM_ADDR', (value) => {
    const [host = '', port = ''] = value.split(/:(?=\d+$)/)
    options.host = host
    options.port = integer('SIM_ADDR', port)
  })
  set('SIM_DIALECT', (value) => {
    options.dialect = oneOf('SIM_DIALECT', value, ['service-management', 'simple'] as const)
  })
  set('SIM_BASE_PATH', (value) => (options.basePath = value.replace(/\/+$/, '')))
  set('SIM_USER', (value) => (options.username = value))
  set('SIM_PASSWORD', (value) => (options.password = value))
  set('SIM_OAUTH', (value) => (options.hasOauth = isOn(value)))
  set('SIM_SCOPES', (value) => {
    options.scopes = oneOf('SIM_SCOPES', value, ['granted', 'lost', 'lost_silently'] as const)
  })
  set('SIM_ID_STYLE', (value) => {
    options.idStyle = oneOf('SIM_ID_STYLE', value, ['modern', 'legacy'] as const)
  })
  set('SIM_REQUEST_ID_STYLE', (value) => {
    options.requestIdStyle = oneOf('SIM_REQUEST_ID_STYLE', value, ['string', 'number', 'id'] as const)
  })
  set('SIM_PAGE_SIZE', (value) => (options.pageSize = integer('SIM_PAGE_SIZE', value)))
  set('SIM_HTML_401', (value) => (options.hasHtmlSignIn = isOn(value)))
  set('SIM_NOTFOUND', (value) => {
    options.notFound = oneOf('SIM_NOTFOUND', value, ['404', 'false', 'error200'] as const)
  })
  set('SIM_FLAT_LAST_HOUR', (value) => (options.hasFlatLastHour = isOn(value)))
  set('SIM_RATE', (value) => (options.ratePerSecond = integer('SIM_RATE', value)))
  set('SIM_RETRY_AFTER', (value) => (options.hasRetryAfter = isOn(value)))
  set('SIM_LANG', (value) => (options.language = oneOf('SIM_LANG', value, ['en', 'es'] as const)))
  set('SIM_RANDOM_SEED', (value) => (options.randomSeed = integer('SIM_RANDOM_SEED', value)))
  set('SIM_CLOCK', (value) => {
    const at = new Date(integer('SIM_CLOCK', value) * 1_000)
    options.now = () => at
  })
  return options
}

function integer(name: string, value: string): number {
  if (/^\d+$/.test(value)) return Number(value)
  throw new TypeError(`${name} must be a number, not ${value}`)
}

function oneOf<Known extends string>(name: string, value: string, known: readonly Known[]): Known {
  const found = known.find((each) => each === value)
  if (found === undefined) throw new TypeError(`${name} must be one of ${known.join(', ')}, not ${value}`)
  return found
}
