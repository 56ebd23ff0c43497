import { type Static, Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { Nullable } from '#platform/http/schemas'
import { deliveredMoves } from './deliver-queue.ts'

const CreatePayload = Type.Object({
  /** As it was sent, where InvGate finds it by that. */
  creator: Type.Optional(Type.Object({ id: Nullable(Type.Integer()), email: Type.String() })),
})
const CommentPayload = Type.Object({ messageId: Type.String() })
const StatusPayload = Type.Object({
  to: Type.Enum([...deliveredMoves]),
  actorId: Type.String(),
  messageId: Type.Optional(Nullable(Type.String())),
  rating: Type.Optional(Nullable(Type.Integer())),
  comment: Type.Optional(Type.String()),
})

export type CreatePayload = Static<typeof CreatePayload>
export type CommentPayload = Static<typeof CommentPayload>
export type StatusPayload = Static<typeof StatusPayload>

const create = Compile(CreatePayload)
const comment = Compile(CommentPayload)
const status = Compile(StatusPayload)

export function readCreatePayload(text: string): CreatePayload {
  return create.Parse(JSON.parse(text))
}

export function readCommentPayload(text: string): CommentPayload {
  return comment.Parse(JSON.parse(text))
}

export function readStatusPayload(text: string): StatusPayload {
  return status.Parse(JSON.parse(text))
}
