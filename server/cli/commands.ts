import type { Config } from '../config.ts'

export type CommandInput = { readonly args: readonly string[]; readonly config: Config }
type Command = (input: CommandInput) => Promise<void>

export const usage = `Usage: karya [command]

  serve                                     start the server (the default)
  migrate                                   bring the database up to date and stop
  admin create --email E [--name N]         create an administrator; the password is read from standard input
  import products FILE.csv [--dry-run]      bring the products in line with a list, all of it or nothing
  export products [FILE.csv]                write the products as a list
  events                                    say how far the log of events, brokers and consumers have got
  events parked                             list the events that failed too often, by consumer
  events replay EVENT_ID [--consumer NAME]  have a parked event tried again, by all that parked it or by one
  events publish-again                      publish the whole log to NATS once more, for a service that came late
  doctor                                    ask everything that the server needs, and say what was found

Everything else is said by environment variables; .env.example describes them.`

/** Each command is loaded when it is asked for, so that none waits for what another needs. */
export const commands: Readonly<Record<string, Command | undefined>> = {
  serve: async (input) => await (await import('./serve.ts')).serve(input),
  migrate: async (input) => await (await import('./migrate.ts')).migrateDatabase(input),
  admin: async (input) => await (await import('./admin.ts')).administer(input),
  import: async (input) => await (await import('./products.ts')).importCommand(input),
  export: async (input) => await (await import('./products.ts')).exportCommand(input),
  doctor: async (input) => await (await import('./doctor.ts')).doctor(input),
  events: async (input) => await (await import('./events.ts')).eventsCommand(input),
}
