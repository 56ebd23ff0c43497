import { type Static, Type } from 'typebox'
import {
  Id,
  Line,
  Nullable,
  numberedPageQuery,
  PageOf,
  pageQuery,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import { languages } from '#platform/language'
import { roles } from './roles.ts'

const Email = Type.String({ format: 'email', maxLength: 254 })
const Username = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$',
  description: '3 to 64 of A-Z a-z 0-9 . _ -',
})
const NewPassword = Type.String({ minLength: 8, maxLength: 128 })
/** A password to compare: what could never have been set is simply wrong. */
const Password = Type.String({ minLength: 1, maxLength: 1_000 })
export const RoleSchema = Type.Enum([...roles])
const Locale = Nullable(
  Type.Enum([...languages], { description: 'The language to be addressed in; null for that of the server' }),
)

/** Where the refresh token goes: a browser keeps it in a cookie that scripts cannot read. */
const tokenDelivery = { token_delivery: Type.Optional(Type.Enum(['cookie', 'body'])) }

export const RegisterBody = Strict({
  name: Line(200),
  lastname: Type.Optional(Nullable(Line(200))),
  email: Email,
  username: Type.Optional(Nullable(Username)),
  password: NewPassword,
  role: Type.Optional(RoleSchema),
  locale: Type.Optional(Locale),
  ...tokenDelivery,
})
export const LoginBody = Strict({
  email: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
  username: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
  password: Password,
  ...tokenDelivery,
})
const refreshToken = { refresh_token: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) }
export const RefreshBody = Type.Optional(Strict(refreshToken))
export const LogoutBody = Type.Optional(Strict(refreshToken))

const publicUser = {
  id: Id,
  name: Type.String(),
  lastname: Nullable(Type.String()),
  email: Type.String(),
  username: Nullable(Type.String()),
  role: Type.String(),
}
export const SignedIn = Type.Object({
  token: Type.String({ description: 'The same as access_token' }),
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  refresh_token: Type.Optional(Type.String()),
  name: Type.String(),
  lastname: Nullable(Type.String()),
  email: Type.String(),
  user: Type.Object(publicUser),
})
export const User = Type.Object({
  ...publicUser,
  locale: Nullable(Type.String()),
  disabled: Type.Boolean(),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const UserPage = PageOf(User)
export const UserQuery = Strict({
  ...numberedPageQuery,
  role: Type.Optional(RoleSchema),
  q: Type.Optional(Type.String({ maxLength: 200 })),
})
export const UserChange = Strict(
  {
    name: Type.Optional(Line(200)),
    lastname: Type.Optional(Nullable(Line(200))),
    role: Type.Optional(RoleSchema),
    disabled: Type.Optional(Type.Boolean()),
    locale: Type.Optional(Locale),
  },
  { minProperties: 1 },
)
export const ProfileChange = Strict(
  {
    name: Type.Optional(Line(200)),
    lastname: Type.Optional(Nullable(Line(200))),
    username: Type.Optional(Nullable(Username)),
    email: Type.Optional(Email),
    locale: Type.Optional(Locale),
    password: Type.Optional(NewPassword),
    current_password: Type.Optional(Password),
  },
  { minProperties: 1, description: 'A new e-mail address or password needs `current_password`' },
)

export const Session = Type.Object({
  id: Id,
  address: Type.String(),
  user_agent: Type.String(),
  current: Type.Boolean(),
  created_at: Time,
  last_used_at: Time,
  expires_at: Time,
})
export const SessionPage = PageOf(Session)
export const SessionQuery = Strict(pageQuery)

export const ApiTokenBody = Strict({
  name: Line(200),
  permissions: Type.Array(Type.String({ minLength: 1, maxLength: 100 }), { minItems: 1, maxItems: 100 }),
  expires_at: Type.Optional(Nullable(Time)),
})
const apiToken = {
  id: Id,
  name: Type.String(),
  permissions: Type.Array(Type.String()),
  expires_at: Nullable(Time),
  last_used_at: Nullable(Time),
  created_at: Time,
}
export const ApiToken = Type.Object(apiToken)
export const NewApiToken = Type.Object({
  ...apiToken,
  token: Type.String({ description: 'Shown this once' }),
})
export const ApiTokenPage = PageOf(ApiToken)
export const ApiTokenQuery = Strict(pageQuery)

export type RegisterBody = Static<typeof RegisterBody>
export type LoginBody = Static<typeof LoginBody>
export type SignedIn = Static<typeof SignedIn>
export type User = Static<typeof User>
export type UserQuery = Static<typeof UserQuery>
export type UserChange = Static<typeof UserChange>
export type ProfileChange = Static<typeof ProfileChange>
export type Session = Static<typeof Session>
export type SessionQuery = Static<typeof SessionQuery>
export type ApiToken = Static<typeof ApiToken>
export type ApiTokenBody = Static<typeof ApiTokenBody>
export type ApiTokenQuery = Static<typeof ApiTokenQuery>
export type NewApiToken = Static<typeof NewApiToken>
