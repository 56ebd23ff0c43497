import type { Kysely } from 'kysely'
import { findPerson, isThere, type PeopleTables } from '#modules/people'
import { actorOf, type Call } from '#platform/call'
import { invalidField } from '#platform/errors'
import type { TaskTables } from './table.ts'

/** Refuses to give a task to somebody who is not known here or not there any more; everybody knows themselves. */
export async function requireAssignee(db: Kysely<TaskTables>, call: Call, userId: string): Promise<void> {
  if (userId === actorOf(call).userId) return
  const person = await findPerson(db.withTables<PeopleTables>(), userId)
  if (person !== undefined && isThere(person)) return
  throw invalidField({
    pointer: '/assignee_id',
    code: 'unknown_person',
    text: { en: 'is nobody who is known here', id: 'tidak dikenal di sini' },
  })
}
