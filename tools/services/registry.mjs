/**
 * The services there are. Each says how it is found, made ready and started:
 * - `programs`: which Debian package brings each program it needs; `account`: whose processes they are
 *   under root
 * - `usualAddresses`: where one may already run; `firstPort`: where ours runs, or on the next free port
 * - `answers(address)` and `suitsTests(address)`: throw while it does not answer, or is of no use to the
 *   tests
 * - `prepare({ home, account })`: what is done once in its folder; `command({ home, port })`: program and
 *   arguments
 */
import { kafka } from './kafka.mjs'
import { mariadb } from './mariadb.mjs'
import { nats } from './nats.mjs'
import { postgres } from './postgres.mjs'
import { redis } from './redis.mjs'

export const registry = [postgres, mariadb, redis, nats, kafka]
