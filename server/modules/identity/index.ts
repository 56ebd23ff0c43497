export { createIdentity, type Identity, type IdentityOptions } from './identity.ts'
export { deleteOldSessions } from './session-queries.ts'
export type { IdentityTables } from './table.ts'
