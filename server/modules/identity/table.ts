import type { PlatformTables } from '#platform/database/tables'

export type UserTable = {
  id: string
  name: string
  lastname: string | null
  email: string
  email_key: string
  username: string | null
  username_key: string | null
  /** What `q` searches in: name, e-mail and username, folded. */
  search_text: string
  /** Argon2id in PHC form, or bcrypt. */
  password_hash: string
  role: string
  /** One of the program's languages; null is the server's own. */
  locale: string | null
  disabled_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** A family of refresh tokens: one sign-in, and all the tokens that followed from it. */
export type SessionTable = {
  id: string
  user_id: string
  /** SHA-256 of the one token that holds, in hex. */
  token_hash: string
  /** What the family's tokens are made from, together with the server's secret. */
  token_seed: string
  /** How often the token was rotated. */
  generation: number
  address: string
  user_agent: string
  created_at: Date
  rotated_at: Date
  expires_at: Date
  revoked_at: Date | null
}

export type ApiTokenTable = {
  id: string
  user_id: string
  name: string
  /** SHA-256 of the token, in hex. */
  token_hash: string
  /** JSON: a list of permissions. */
  permissions: string
  expires_at: Date | null
  last_used_at: Date | null
  created_at: Date
}

/** Failed sign-ins of one account from one address. */
export type SignInFailureTable = {
  id: string
  failures: number
  first_at: Date
  locked_until_at: Date | null
}

export type IdentityTables = PlatformTables & {
  users: UserTable
  sessions: SessionTable
  api_tokens: ApiTokenTable
  sign_in_failures: SignInFailureTable
}
