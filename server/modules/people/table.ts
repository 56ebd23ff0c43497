import type { PlatformTables } from '#platform/database/tables'
import type { Language } from '#platform/language'

/** A copy of what identity tells of its users (T5). Who is deleted stays, so that no late event brings them back. */
export type PersonTable = {
  id: string
  name: string
  /** The whole name, folded: the order of the list. */
  name_key: string
  lastname: string | null
  email: string
  email_key: string
  username: string | null
  role: string
  /** Null: the server's own language. */
  locale: Language | null
  /** What `q` searches in: names, e-mail and username, folded. */
  search_text: string
  /** When the version that says so was written. */
  disabled_at: Date | null
  deleted_at: Date | null
  /** When identity wrote this version. */
  updated_at: Date
  /** Identity's; 0 for one who is known by a token only. */
  version: number
}

/** Sign-ins that have ended, for as long as an access token of theirs may be about. */
export type EndedSessionTable = {
  id: string
  user_id: string
  ended_at: Date
  forget_at: Date
}

export type PeopleTables = PlatformTables & {
  people: PersonTable
  ended_sessions: EndedSessionTable
}
