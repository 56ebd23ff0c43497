export { createIdentity, type Identity } from './identity.ts'
export type { IdentityTables } from './table.ts'
