import { setTimeout as delay } from 'node:timers/promises'
import { findPerson } from '#modules/people'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import type { InvgateDesk, InvgatePerson } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import { findInvgateUser, type InvgateUserRow, keepInvgateUser, noteMaking } from './invgate-user-queries.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'

type UserParts = Pick<TicketParts, 'db' | 'clock'> & {
  readonly bridge: Pick<InvgateBridge, 'desk' | 'place'>
}

type Person = NonNullable<Awaited<ReturnType<typeof findPerson>>>

const call: Call<unknown> = systemCall
/** Who has registered a moment ago is told of within it. */
const NEWS_MS = 3_000
const LOOK_MS = 50

/** Who our users are at InvGate (D6). */
export type InvgateUsers = {
  /** Finds the account of one of our users by their address, or makes one; none where the dialect has no accounts. */
  readonly provide: (userId: string) => Promise<InvgatePerson>
  /** Notes that it could not be done. */
  readonly noteFailure: (userId: string, failure: NotedFailure) => Promise<void>
}

type NotedFailure = { readonly message: string; readonly isPassing: boolean; readonly attempts: number }

export function createInvgateUsers({ db, clock, bridge: { desk, place } }: UserParts): InvgateUsers {
  const asked = new Map<string, Promise<InvgatePerson>>()

  async function keep(row: Omit<InvgateUserRow, 'updated_at' | 'making_at'>): Promise<void> {
    await transaction(
      db,
      call,
      async (trx) => await keepInvgateUser(trx, { ...row, updated_at: clock.now() }),
    )
  }

  async function getPerson(userId: string): Promise<Person> {
    const endsAt = performance.now() + NEWS_MS
    for (;;) {
      const person = await findPerson(peopleIn(db), userId)
      if (person !== undefined) return person
      if (performance.now() > endsAt) {
        throw new InvgateFailure({
          code: 'resting',
          message: 'nobody has told of this user yet',
          mayBeDone: false,
        })
      }
      await delay(LOOK_MS)
    }
  }

  async function link(userId: string): Promise<InvgatePerson> {
    const person = await getPerson(userId)
    const { email } = person
    if (!desk.abilities.has('users')) return { id: null, email }
    const id = await findOrMake(userId, person)
    await keep({ user_id: userId, invgate_id: id, state: 'linked', attempts: 0, last_error: null })
    return { id, email }
  }

  /**
   * An account that we make is put where new ones belong; that we make it is written down before, so that whoever
   * comes after a process that ended in between puts it there as well. One that was there stays where it is.
   */
  async function findOrMake(userId: string, person: Person): Promise<number> {
    const isPlaced = place.companyId !== null || place.groupId !== null
    const found = await desk.findUser(person.email)
    if (found !== null) {
      const makingAt = isPlaced ? (await findInvgateUser(db, userId))?.making_at : null
      if (makingAt instanceof Date) await desk.placeUser(found.id, place)
      return found.id
    }
    if (isPlaced)
      await transaction(db, call, async (trx) => await noteMaking(trx, { userId, now: clock.now() }))
    const { id } = await make(desk, person)
    if (isPlaced) await desk.placeUser(id, place)
    return id
  }

  return {
    async provide(userId) {
      const known = await findInvgateUser(db, userId)
      if (known !== undefined && known.invgate_id !== null) {
        const person = await findPerson(peopleIn(db), userId)
        return { id: known.invgate_id, email: person?.email ?? '' }
      }
      const asking = asked.get(userId) ?? link(userId).finally(() => asked.delete(userId))
      asked.set(userId, asking)
      return await asking
    },
    async noteFailure(userId, { message, isPassing, attempts }) {
      await keep({
        user_id: userId,
        invgate_id: null,
        state: isPassing ? 'pending' : 'failed',
        attempts,
        last_error: message.slice(0, 1_000),
      })
    },
  }
}

async function make(desk: InvgateDesk, person: Person): Promise<{ readonly id: number }> {
  const { email } = person
  try {
    return await desk.createUser({ ...namesOf(person), email })
  } catch (error) {
    if (!(error instanceof InvgateFailure) || error.code !== 'refused') throw error
    // Another process may have made it meanwhile.
    const made = await desk.findUser(email)
    if (made === null) throw error
    return made
  }
}

/** InvGate wants two names, and not everybody has two. */
function namesOf({ name, lastname }: Pick<Person, 'name' | 'lastname'>) {
  if (lastname !== null && lastname.trim() !== '') return { name, lastname }
  const words = name.trim().split(/\s+/)
  const last = words.length > 1 ? words.at(-1) : undefined
  return last === undefined ? { name, lastname: '-' } : { name: words.slice(0, -1).join(' '), lastname: last }
}
