import { type Static, Type } from 'typebox'
import { Id, Line, Nullable, PageOf, pageQuery, Strict, Time } from '#platform/http/schemas'
import { messageKinds } from './lifecycle.ts'

export const MAX_MESSAGE = 20_000

/** What those can write who talk at a ticket; a solution is said by solving it. */
export const spokenKinds = ['reply', 'note'] as const
export type SpokenKind = (typeof spokenKinds)[number]

export const Message = Type.Object({
  id: Id,
  ticket_id: Id,
  kind: Type.Enum([...messageKinds], { description: 'A `note` is for the desk only' }),
  text: Type.String(),
  files: Type.Array(
    Type.Object({
      id: Id,
      name: Type.String(),
      type: Type.String(),
      bytes: Type.Integer(),
      url: Type.String(),
    }),
  ),
  author_id: Nullable(Id),
  author_name: Type.String(),
  created_at: Time,
})
export const MessagePage = PageOf(Message)
export const MessageBody = Strict({
  kind: Type.Optional(Type.Enum([...spokenKinds], { description: '`reply` without it' })),
  text: Line(MAX_MESSAGE),
})
export const MessageQuery = Strict(pageQuery)

export type Message = Static<typeof Message>
export type MessageBody = Static<typeof MessageBody>
export type MessageQuery = Static<typeof MessageQuery>
