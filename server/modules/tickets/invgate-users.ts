import { setTimeout as delay } from 'node:timers/promises'
import { findPerson } from '#modules/people'
import { type Call, systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { SETTLED_MS } from './deliver-attempt.ts'
import type { InvgateDesk, InvgatePerson } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import {
  claimMaking,
  findInvgateUser,
  type InvgateUserRow,
  keepInvgateUser,
  releaseMaking,
} from './invgate-user-queries.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'

type UserParts = Pick<TicketParts, 'db' | 'clock'> & {
  readonly bridge: Pick<InvgateBridge, 'desk' | 'place'>
}

type Person = NonNullable<Awaited<ReturnType<typeof findPerson>>>

type Making = { readonly userId: string; readonly person: Person; readonly makingAt: Date }

const call: Call<unknown> = systemCall
/** Who has registered, or is being made at InvGate, a moment ago is told of within it. */
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
    const person = await awaitNews(async () => await findPerson(peopleIn(db), userId))
    if (person === undefined) throw resting('nobody has told of this user yet')
    return person
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
   * comes after a process that ended in between puts it there as well. One that was there stays where it is. It is
   * made by one at a time, and again only when InvGate can no longer do what it was asked before.
   */
  async function findOrMake(userId: string, person: Person): Promise<number> {
    const isPlaced = place.companyId !== null || place.groupId !== null
    const askedAt = clock.now()
    const found = await desk.findUser(person.email)
    if (found !== null) {
      const makingAt = isPlaced ? (await findInvgateUser(db, userId))?.making_at : null
      if (makingAt instanceof Date) await desk.placeUser(found.id, place)
      return found.id
    }
    const settledAt = new Date(askedAt.getTime() - SETTLED_MS)
    const makingAt = clock.now()
    const isOurs = await transaction(
      db,
      call,
      async (trx) => await claimMaking(trx, { userId, now: makingAt, settledAt }),
    )
    if (!isOurs) return await awaitMade(userId)
    const { id } = await makeOrRelease({ userId, person, makingAt })
    if (isPlaced) await desk.placeUser(id, place)
    return id
  }

  /** Another process may be at it at this moment. */
  async function awaitMade(userId: string): Promise<number> {
    const id = await awaitNews(async () => (await findInvgateUser(db, userId))?.invgate_id ?? undefined)
    if (id === undefined) throw resting('it is not known yet whether the account was made')
    return id
  }

  async function makeOrRelease({ userId, person, makingAt }: Making): Promise<{ readonly id: number }> {
    try {
      return await make(desk, person)
    } catch (error) {
      const isCertain = error instanceof InvgateFailure && !error.mayBeDone
      if (isCertain)
        await transaction(db, call, async (trx) => await releaseMaking(trx, { userId, makingAt }))
      throw error
    }
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

/** Looks for what another process is about to write, for as long as that takes at the most. */
async function awaitNews<News>(look: () => Promise<News | undefined>): Promise<News | undefined> {
  const endsAt = performance.now() + NEWS_MS
  for (;;) {
    const news = await look()
    if (news !== undefined || performance.now() > endsAt) return news
    await delay(LOOK_MS)
  }
}

function resting(message: string): InvgateFailure {
  return new InvgateFailure({ code: 'resting', message, mayBeDone: false })
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
