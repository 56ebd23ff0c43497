import { Type } from 'typebox'
import { type Audience, defineEventTypes } from '#platform/events/event-types'
import { Id, Time } from '#platform/http/schemas'
import { ApiToken, User } from './schemas.ts'

/** The shape of what identity announces, and whom it concerns. */
export const identityEventTypes = [
  ...defineEventTypes({
    types: ['user.registered', 'user.updated', 'user.disabled', 'user.deleted'],
    data: User,
    audience: ({ id }) => ({ permission: 'users:read', userIds: [id] }),
  }),
  ...defineEventTypes({
    types: ['session.started'],
    data: Type.Object({
      session_id: Id,
      user_id: Id,
      address: Type.String(),
      user_agent: Type.String(),
    }),
    audience: ownerAndAdministrators,
  }),
  ...defineEventTypes({
    types: ['session.revoked'],
    data: Type.Object({
      session_id: Id,
      user_id: Id,
      reason: Type.Enum(['logout', 'revoked', 'reuse', 'password_changed', 'user_disabled']),
    }),
    audience: ownerAndAdministrators,
  }),
  ...defineEventTypes({
    types: ['api_token.created', 'api_token.deleted'],
    data: Type.Object({ ...ApiToken.properties, user_id: Id }),
    audience: ownerAndAdministrators,
  }),
  ...defineEventTypes({
    types: ['api_token.used'],
    data: Type.Object({ token_id: Id, user_id: Id, used_at: Time }),
    audience: ownerAndAdministrators,
  }),
]

function ownerAndAdministrators({ user_id: owner }: { readonly user_id: string }): Audience {
  return { permission: 'users:write', userIds: [owner] }
}
