import { type Static, Type } from 'typebox'
import { Id, PageOf, pageQuery, Strict, Time } from '#platform/http/schemas'

export const MAX_COMMENT = 20_000

const CommentFile = Type.Object({
  id: Id,
  name: Type.String(),
  type: Type.String(),
  bytes: Type.Integer(),
  url: Type.String(),
})
export const Comment = Type.Object({
  id: Id,
  task_id: Id,
  text: Type.String(),
  files: Type.Array(CommentFile),
  author_id: Id,
  author_name: Type.String(),
  created_at: Time,
})
export const CommentPage = PageOf(Comment)
export const CommentBody = Strict({
  text: Type.String({ minLength: 1, maxLength: MAX_COMMENT, pattern: '\\S' }),
})
export const CommentQuery = Strict(pageQuery)

export type Comment = Static<typeof Comment>
export type CommentBody = Static<typeof CommentBody>
export type CommentQuery = Static<typeof CommentQuery>
