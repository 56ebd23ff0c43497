/** Roles are named sets of permissions (F11). */

/** What everybody with an account may do: their own affairs, and buying. */
const OWN = [
  'profile:read',
  'profile:write',
  'sessions:read',
  'sessions:write',
  'tokens:read',
  'tokens:write',
  'transactions:create',
  'transactions:read',
  'notifications:read',
  'notifications:write',
  'events:stream',
  'tasks:read',
  'tasks:write',
  'tickets:create',
  'tickets:read',
] as const

const PRODUCTION_MANAGER = [
  ...OWN,
  'users:create',
  'users:read',
  'people:read',
  'activity:read',
  'products:write',
  'stock:read',
  'stock:write',
  'reports:read',
  'transactions:read_any',
  'workorders:read',
  'workorders:create',
  'workorders:write',
  'workorders:work',
] as const
const OPERATOR = [...OWN, 'workorders:read', 'workorders:work'] as const
const AGENT = [
  ...OWN,
  'users:read',
  'people:read',
  'activity:read',
  'stock:read',
  'reports:read',
  'transactions:read_any',
  'transactions:write_any',
  'transactions:confirm',
  'tickets:read_any',
  'tickets:write_any',
  'workorders:read',
] as const
const ADMIN = [
  ...new Set([
    ...PRODUCTION_MANAGER,
    ...AGENT,
    'users:write',
    'events:read',
    'events:write',
    'webhooks:read',
    'webhooks:write',
    'settings:write',
    'tasks:read_any',
    'tasks:write_any',
    'tickets:configure',
  ] as const),
]

export const roles = ['admin', 'production_manager', 'operator', 'agent', 'customer'] as const
export type Role = (typeof roles)[number]

const PERMISSIONS: Readonly<Record<Role, ReadonlySet<string>>> = {
  admin: new Set(ADMIN),
  production_manager: new Set(PRODUCTION_MANAGER),
  operator: new Set(OPERATOR),
  agent: new Set(AGENT),
  customer: new Set(OWN),
}

/** Whom the holder of `users:create` may register, besides customers (I1). */
const MAY_CREATE: Readonly<Record<Role, readonly Role[]>> = {
  admin: roles,
  production_manager: ['operator', 'customer'],
  operator: [],
  agent: [],
  customer: [],
}

const NONE: ReadonlySet<string> = new Set()

export function isRole(text: string): text is Role {
  return roles.some((role) => role === text)
}

/** A role that this version does not know has no permissions. */
export function permissionsOf(role: string): ReadonlySet<string> {
  return isRole(role) ? PERMISSIONS[role] : NONE
}

export function mayCreate(creator: string, role: Role): boolean {
  return isRole(creator) && MAY_CREATE[creator].includes(role)
}
