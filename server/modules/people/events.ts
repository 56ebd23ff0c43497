import { Compile } from 'typebox/compile'
import { defineConsumer, type EventConsumer } from '#platform/events/consumer'
import { toldPerson } from './person.ts'
import { keepEndedSession, keepPerson } from './queries.ts'
import { SessionEnd, UserState } from './schemas.ts'
import type { PeopleTables } from './table.ts'

const userState = Compile(UserState)
const sessionEnd = Compile(SessionEnd)

/** Beyond the longest life of an access token, so that a server with a shorter one configured still refuses it. */
const KEPT_MS = 30 * 24 * 60 * 60 * 1_000

/** Keeps the copy of the users, and which of their sign-ins have ended (T5). */
export function createPeopleConsumer({ accessTtlMs }: { readonly accessTtlMs: number }): EventConsumer {
  return defineConsumer<PeopleTables>({
    name: 'people',
    types: ['user.*', 'session.revoked'],
    async handle({ type, data, time, recordversion }, trx) {
      const at = new Date(time)
      if (type === 'session.revoked') {
        const { session_id, user_id } = sessionEnd.Parse(data)
        const forgetAt = new Date(at.getTime() + accessTtlMs + KEPT_MS)
        await keepEndedSession(trx, { id: session_id, user_id, ended_at: at, forget_at: forgetAt })
        return
      }
      const deletedAt = type === 'user.deleted' ? at : null
      await keepPerson(trx, toldPerson({ state: userState.Parse(data), version: recordversion, deletedAt }))
    },
  })
}
