export { createPeople } from './people.ts'
export { fullName, isThere } from './person.ts'
export { findPeople, findPerson, findPersonByEmail, type PersonName } from './queries.ts'
export type { PeopleTables } from './table.ts'
