import type { Kysely } from 'kysely'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { refuse } from './errors.ts'
import type { PersonRow } from './person.ts'
import { findPerson, listPeople } from './queries.ts'
import type { Person, PersonQuery } from './schemas.ts'
import type { PeopleTables } from './table.ts'

export type Directory = ReturnType<typeof createDirectory>

/** Who there is, for whoever has to choose somebody. */
export function createDirectory({ db }: { readonly db: Kysely<PeopleTables> }) {
  return {
    async listPeople(query: PersonQuery) {
      const page = await listPeople(db, { role: query.role, q: query.q, request: toPageRequest(query) })
      return presentPage(page, toPerson)
    },

    async getPerson(id: string): Promise<Person> {
      const row = await findPerson(db, id)
      if (row === undefined || row.deleted_at !== null) throw refuse('person_not_found')
      return toPerson(row)
    },
  }
}

function toPerson({ id, name, lastname, email, role, disabled_at, version }: PersonRow): Person {
  return { id, name, lastname, email, role, disabled: disabled_at !== null, version }
}
