import { type Static, Type } from 'typebox'
import { Strict, Time } from '#platform/http/schemas'

/** Said once: only a hash of the address is kept. */
export const NewFeed = Type.Object({
  url: Type.String({ description: 'Whoever knows this address may read the calendar' }),
  created_at: Time,
})
export const Feed = Type.Object({ created_at: Time })
export const FeedParams = Strict({ secret: Type.String({ minLength: 1, maxLength: 200 }) })

export type NewFeed = Static<typeof NewFeed>
export type Feed = Static<typeof Feed>
