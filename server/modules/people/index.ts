export { createPeople } from './people.ts'
export { findPerson, findPersonByEmail } from './queries.ts'
export type { PeopleTables } from './table.ts'
