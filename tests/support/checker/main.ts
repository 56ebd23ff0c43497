import process from 'node:process'
import { parseArgs } from 'node:util'
import type { BrokerLog } from './broker.ts'
import { examine, KNOWN_LISTENERS, type Subject } from './check.ts'
import type { Listener } from './inbox.ts'
import { readJournal } from './journal.ts'
import { readKafka } from './kafka.ts'
import { readMailFolder, readMailLog } from './mails.ts'
import { readNats } from './nats.ts'
import { invariants } from './violation.ts'

const USAGE = `Says what is wrong with a database and what its processes have sent; nothing may write to it meanwhile.

  --database URL            sqlite:FILE, postgres://… or mysql://…
  --nats URL,… --stream NAME
  --kafka HOST:PORT,… --topic NAME,… [--kafka-types TYPE,…]
  --mail FOLDER             with the mails as .eml files
  --mail-log FILE           with a line of JSON for each mail, the message in \`raw\`
  --journal FILE            with a line of JSON for each request for an order: key, status or null, id or null
  --consumers NAME[=TYPE+TYPE],…   who must have been here; with types when the checker does not know them
  --timer-effects TABLE     one row for each timer that ended: kind, subject, due_at
  --unsettled               something may be under way: what is not there yet is not missing

Ends with 1 when an invariant does not hold, with 2 when it could not be found out.
`

const { values } = parseArgs({
  options: {
    database: { type: 'string' },
    nats: { type: 'string' },
    stream: { type: 'string', default: 'KARYA' },
    kafka: { type: 'string' },
    topic: { type: 'string', default: 'order_created,karya.events' },
    'kafka-types': { type: 'string' },
    mail: { type: 'string' },
    'mail-log': { type: 'string' },
    journal: { type: 'string' },
    consumers: { type: 'string' },
    'timer-effects': { type: 'string' },
    unsettled: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function split(list: string): string[] {
  return list.split(',').filter((part) => part !== '')
}

async function readBrokers(): Promise<BrokerLog[]> {
  const { nats, stream, kafka, topic, 'kafka-types': types } = values
  return [
    ...(nats === undefined ? [] : [await readNats({ servers: split(nats), stream })]),
    ...(kafka === undefined
      ? []
      : [
          await readKafka({
            brokers: split(kafka),
            topics: split(topic),
            ...(types === undefined ? {} : { types: split(types) }),
          }),
        ]),
  ]
}

function readListeners(list: string): Listener[] {
  return split(list).map((item) => {
    const [name = '', types] = item.split('=')
    if (types !== undefined) return { name, types: types.split('+') }
    const known = KNOWN_LISTENERS.find((listener) => listener.name === name)
    if (known === undefined) throw new TypeError(`what does ${name} listen to? Say ${name}=TYPE+TYPE`)
    return known
  })
}

async function readSubject(database: string): Promise<Subject> {
  const { mail, 'mail-log': mailLog, journal, consumers, 'timer-effects': timerEffects, unsettled } = values
  const mails = [
    ...(mail === undefined ? [] : await readMailFolder(mail)),
    ...(mailLog === undefined ? [] : await readMailLog(mailLog)),
  ]
  return {
    environment: { DATABASE_URL: database },
    brokers: await readBrokers(),
    ...(mail === undefined && mailLog === undefined ? {} : { mails }),
    ...(journal === undefined ? {} : { journal: await readJournal(journal) }),
    ...(consumers === undefined ? {} : { listeners: readListeners(consumers) }),
    ...(timerEffects === undefined ? {} : { timerEffects }),
    isSettled: !unsettled,
  }
}

async function main(): Promise<number> {
  if (values.help || values.database === undefined) {
    process.stdout.write(USAGE)
    return values.help ? 0 : 2
  }
  const { violations, seen } = await examine(await readSubject(values.database))
  for (const { invariant, message } of violations) process.stdout.write(`${invariant}  ${message}\n`)
  for (const [what, count] of Object.entries(seen)) process.stdout.write(`${count} ${what}\n`)
  const broken = Object.entries(invariants).filter(([id]) =>
    violations.some(({ invariant }) => invariant === id),
  )
  for (const [id, text] of broken) process.stdout.write(`broken: ${id}, ${text}\n`)
  process.stdout.write(`${violations.length} violations\n`)
  return violations.length === 0 ? 0 : 1
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`checker: ${error instanceof Error ? error.message : String(error)}\n`)
  return 2
})
