export { createPeople, type People } from './people.ts'
export type { PersonRow } from './person.ts'
export { findPerson, findPersonByEmail } from './queries.ts'
export type { PeopleTables } from './table.ts'
