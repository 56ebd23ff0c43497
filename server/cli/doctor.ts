import { setTimeout as delay } from 'node:timers/promises'
import { checkInvgate, measureDeliveries, type TicketTables } from '#modules/tickets'
import { createRedisKeyValue } from '#platform/cache/redis'
import { systemClock } from '#platform/clock'
import { pendingMigrations } from '#platform/database/migrate'
import { type Database, openDatabase } from '#platform/database/open'
import { findStanding } from '#platform/events/standing'
import { checkSmtp } from '#platform/mail/smtp-check'
import { createLog, type Log } from '#platform/telemetry/log'
import { createCarriers } from '../carriers.ts'
import type { Config } from '../config.ts'
import { migrations } from '../migrations/index.ts'
import type { CommandInput } from './commands.ts'
import { UsageError } from './usage-error.ts'

/** What was found of one part; `look` is for somebody to look at, and no reason not to serve. */
type Finding = {
  readonly part: string
  readonly state: 'ok' | 'off' | 'look' | 'down'
  readonly detail: string
}

type Asked = { readonly config: Config; readonly log: Log }

const LONGEST_MS = 5_000
const LOOK_MS = 50

/** Asks everything that the server would need, and says what it has found; what is out of reach makes it fail. */
export async function doctor({ args, config }: CommandInput): Promise<void> {
  if (args.length > 0) throw new UsageError('karya doctor')
  // What the parts have to say of their troubles is said in the findings.
  const log = createLog({ level: 'fatal', destination: process.stderr })
  let isWell = true
  const tell = ({ part, state, detail }: Finding) => {
    isWell &&= state !== 'down'
    process.stdout.write(`${part.padEnd(10)} ${state.padEnd(5)} ${detail}\n`)
  }
  for (const finding of await examineDatabase({ config, log })) tell(finding)
  tell(examineTokens(config))
  tell(await examineCache({ config, log }))
  for (const finding of await examineBrokers({ config, log })) tell(finding)
  tell(await examineMail({ config, log }))
  tell(await examineInvgate({ config, log }))
  if (!isWell) process.exitCode = 1
}

async function examineDatabase({ config, log }: Asked): Promise<Finding[]> {
  let database: Database | null = null
  try {
    database = await openDatabase({ ...config.database, log })
    await database.ping()
    const missing = await pendingMigrations(database.db, migrations)
    if (missing.length > 0)
      return [
        { part: 'database', state: 'look', detail: `${database.engine}; missing ${missing.join(', ')}` },
      ]
    return [
      { part: 'database', state: 'ok', detail: `${database.engine}, up to date` },
      await examineEvents(database),
      ...(config.modules.includes('tickets') ? [await examineBacklog(database)] : []),
    ]
  } catch (error) {
    return [{ part: 'database', state: 'down', detail: reasonOf(error) }]
  } finally {
    await database?.close().catch(() => {})
  }
}

async function examineEvents({ db }: Database): Promise<Finding> {
  const { head, backlog, consumers } = await findStanding(db, systemClock.now())
  const parked = consumers.reduce((sum, each) => sum + each.parked, 0)
  const detail = `position ${head}, ${backlog.backlog} without a position, ${parked} parked`
  return { part: 'events', state: parked > 0 ? 'look' : 'ok', detail }
}

async function examineBacklog({ db }: Database): Promise<Finding> {
  const { pending, uncertain, failed } = await measureDeliveries(db.withTables<TicketTables>())
  const detail = `for InvGate ${pending} pending, ${uncertain} uncertain, ${failed} failed`
  return { part: 'deliveries', state: failed > 0 ? 'look' : 'ok', detail }
}

/** Whether tokens are good at more than one service. */
function examineTokens({ modules, tokens }: Config): Finding {
  const part = 'tokens'
  const whose = modules.includes('identity') ? 'signed here' : 'signed where identity runs'
  if (tokens.jwtSecret !== null) return { part, state: 'ok', detail: `${whose}, with JWT_SECRET` }
  return modules.includes('identity')
    ? {
        part,
        state: 'ok',
        detail: `${whose}, with the secret of this data folder: no other service trusts them`,
      }
    : {
        part,
        state: 'look',
        detail: `${whose}, and refused unless in this data folder: JWT_SECRET is not set`,
      }
}

async function examineCache({ config, log }: Asked): Promise<Finding> {
  const part = 'cache'
  if (config.redisUrl === null) return { part, state: 'off', detail: 'in memory' }
  const store = createRedisKeyValue({ url: config.redisUrl, clock: systemClock, log })
  try {
    const isUp = await comesUp(store.state)
    return isUp
      ? { part, state: 'ok', detail: 'Redis' }
      : { part, state: 'down', detail: 'Redis does not answer' }
  } finally {
    await store.close()
  }
}

async function examineBrokers({ config, log }: Asked): Promise<Finding[]> {
  const carriers = await createCarriers({ config, service: 'doctor', log })
  if (carriers.length === 0) return [{ part: 'broker', state: 'off', detail: 'events stay in the process' }]
  return await Promise.all(
    carriers.map(async (carrier): Promise<Finding> => {
      const part = 'broker'
      try {
        return (await comesUp(carrier.state))
          ? { part, state: 'ok', detail: carrier.name }
          : { part, state: 'down', detail: `${carrier.name} cannot be used` }
      } finally {
        await carrier.close()
      }
    }),
  )
}

async function examineMail({ config }: Asked): Promise<Finding> {
  const { smtpUrl } = config.mail
  if (smtpUrl === null) return { part: 'mail', state: 'off', detail: 'each mail becomes a file' }
  const refused = await checkSmtp(smtpUrl)
  return refused === null
    ? { part: 'mail', state: 'ok', detail: new URL(smtpUrl).host }
    : { part: 'mail', state: 'down', detail: refused }
}

async function examineInvgate({ config, log }: Asked): Promise<Finding> {
  const { invgate: options } = config
  if (options === null) return { part: 'invgate', state: 'off', detail: 'tickets stay here' }
  const refused = await checkInvgate({ options, log })
  return refused === null
    ? { part: 'invgate', state: 'ok', detail: `${new URL(options.baseUrl).host}, ${options.mode}` }
    : { part: 'invgate', state: 'down', detail: refused }
}

async function comesUp(state: () => string): Promise<boolean> {
  const endsAt = performance.now() + LONGEST_MS
  while (state() !== 'up') {
    if (performance.now() > endsAt) return false
    await delay(LOOK_MS)
  }
  return true
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
