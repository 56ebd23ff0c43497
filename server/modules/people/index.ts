export { createPeople } from './people.ts'
export { findPeople, findPerson, findPersonByEmail, type PersonName } from './queries.ts'
export type { PeopleTables } from './table.ts'
