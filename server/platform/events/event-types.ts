import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { Actor } from '../call.ts'
import type { EventEnvelope } from './envelope.ts'

/** Whom an event concerns: the holders of a permission, and these users as far as they may read such records. */
export type Audience = { readonly permission?: string; readonly userIds?: readonly string[] }
/** What the users need for that; nobody is told of what names them where there is nothing that would allow it. */
type Readers = { readonly ownPermission?: string | undefined }
/** The permission to read one's own records, by the prefix of the types of events that tell of them. */
export type OwnPermissions = Readonly<Record<string, string>>

/** A permission that everybody has who may listen at all. */
export const EVERYBODY: Audience = { permission: 'events:stream' }
/** Those hear everything, and alone what nobody has declared. */
const HEARS_ALL = 'events:read'
const UNKNOWN: Audience = { permission: HEARS_ALL }

/** A type of event as its module declares it. */
export type EventType = {
  readonly type: string
  /** The JSON Schema of `data`, to which the envelope's `dataschema` refers. */
  readonly data: TSchema
  readonly matches: (data: unknown) => boolean
  /** Null when the data is not of the schema. */
  readonly audienceOf: (data: unknown) => Audience | null
}

type Declaration<Schema extends TSchema> = {
  readonly types: readonly string[]
  readonly data: Schema
  readonly audience: (data: Static<Schema>) => Audience
}

/** Declares types of events that carry the same data and concern the same people. */
export function defineEventTypes<const Schema extends TSchema>({
  types,
  data,
  audience,
}: Declaration<Schema>): EventType[] {
  // Compiled when the first event comes, so that no start waits for it.
  let validator: ReturnType<typeof Compile<Schema>> | undefined
  const check = (input: unknown): input is Static<Schema> => {
    validator ??= Compile(data)
    return validator.Check(input)
  }
  return types.map((type) => ({
    type,
    data,
    matches: check,
    audienceOf: (input) => (check(input) ? audience(input) : null),
  }))
}

/** Every type of event that the program announces, by its name. */
export type EventCatalogue = {
  readonly types: readonly EventType[]
  readonly find: (type: string) => EventType | undefined
  readonly audienceOf: (event: Pick<EventEnvelope, 'type' | 'data'>) => Audience & Readers
}

export function createEventCatalogue(
  types: readonly EventType[],
  ownPermissions: OwnPermissions = {},
): EventCatalogue {
  const prefixes = Object.entries(ownPermissions)
  const byName = new Map<string, EventType>()
  for (const each of types.toSorted((a, b) => (a.type < b.type ? -1 : 1))) {
    if (byName.has(each.type)) throw new Error(`the event type ${each.type} is declared twice`)
    byName.set(each.type, each)
  }
  return {
    types: [...byName.values()],
    find: (type) => byName.get(type),
    // What an older version of the program wrote may not be of today's form; then it is as if nobody knew the type.
    audienceOf: ({ type, data }) => ({
      ...(byName.get(type)?.audienceOf(data) ?? UNKNOWN),
      ownPermission: prefixes.find(([prefix]) => type.startsWith(prefix))?.[1],
    }),
  }
}

/** An API token speaks for its maker, but hears of the maker's records only what it may read of them (I6). */
export function isAmong(
  { permission, userIds, ownPermission }: Audience & Readers,
  { permissions, userId }: Pick<Actor, 'permissions' | 'userId'>,
): boolean {
  if (permissions.has(HEARS_ALL)) return true
  if (permission !== undefined && permissions.has(permission)) return true
  return ownPermission !== undefined && permissions.has(ownPermission) && userIds?.includes(userId) === true
}

/** Whether an event is of one of these types; with a star at the end, of those that begin so. */
export function isOfType({ type }: Pick<EventEnvelope, 'type'>, patterns: readonly string[]): boolean {
  return patterns.some((each) => (each.endsWith('*') ? type.startsWith(each.slice(0, -1)) : each === type))
}
