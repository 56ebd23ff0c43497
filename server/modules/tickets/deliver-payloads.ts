import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Nullable } from '#platform/http/schemas'
import { deliveredMoves } from './deliver-queue.ts'

const CommentPayload = Type.Object({ messageId: Type.String() })
const StatusPayload = Type.Object({
  to: Type.Enum([...deliveredMoves]),
  actorId: Type.String(),
  messageId: Type.Optional(Nullable(Type.String())),
  rating: Type.Optional(Nullable(Type.Integer())),
  comment: Type.Optional(Type.String()),
})

export type CommentPayload = Static<typeof CommentPayload>
export type StatusPayload = Static<typeof StatusPayload>

const comment = Compile(CommentPayload)
const status = Compile(StatusPayload)

export function readCommentPayload(text: string): CommentPayload {
  return comment.Parse(JSON.parse(text))
}

export function readStatusPayload(text: string): StatusPayload {
  return status.Parse(JSON.parse(text))
}
