import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, pageQuery, Strict, Time, Version } from '#platform/http/schemas'

/** What is needed to choose somebody. */
export const Person = Type.Object({
  id: Id,
  name: Type.String(),
  lastname: Nullable(Type.String()),
  email: Type.String(),
  role: Type.String(),
  disabled: Type.Boolean(),
  version: Version,
})
export const PersonPage = PageOf(Person)
export const PersonQuery = Strict({
  ...pageQuery,
  role: Type.Optional(Type.String({ minLength: 1, maxLength: 40 })),
  q: Type.Optional(Type.String({ maxLength: 200 })),
})

/** What every `user.*` event carries: the user's whole public state. */
export const UserState = Type.Object({
  id: Id,
  name: Type.String(),
  lastname: Nullable(Type.String()),
  email: Type.String(),
  username: Nullable(Type.String()),
  role: Type.String(),
  /** Absent in events from before users had one. */
  locale: Type.Optional(Nullable(Type.String())),
  disabled: Type.Boolean(),
  updated_at: Time,
})
/** What `session.revoked` carries. */
export const SessionEnd = Type.Object({ session_id: Id, user_id: Id })

export type Person = Static<typeof Person>
export type PersonQuery = Static<typeof PersonQuery>
export type UserState = Static<typeof UserState>
