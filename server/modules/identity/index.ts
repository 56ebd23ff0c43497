export { createIdentity, type Identity, type IdentityOptions } from './identity.ts'
export { permissionsOf } from './roles.ts'
export { deleteOldSessions } from './session-queries.ts'
export type { IdentityTables } from './table.ts'
