import { type Static, Type } from 'typebox'
import { UploadQuery } from '#platform/files/upload'
import { Id, Line, Nullable, numberedPageQuery, PageOf, Strict, Time } from '#platform/http/schemas'

export const CommentBody = Strict({ text: Line(4_000) })
export const PhotoQuery = Strict({
  ...UploadQuery.properties,
  text: Type.Optional(Line(1_000, 'What is to be seen')),
})

export const Photo = Type.Object({ id: Id, url: Type.String() })
export const Comment = Type.Object({
  id: Id,
  work_order_id: Id,
  text: Nullable(Type.String()),
  photos: Type.Array(Photo),
  author_id: Nullable(Id),
  created_at: Time,
})
export const CommentPage = PageOf(Comment)
export const CommentQuery = Strict({
  ...numberedPageQuery,
  sort: Type.Optional(
    Type.Enum(['created_at', '-created_at'], { description: 'The newest first without it' }),
  ),
})

export type CommentBody = Static<typeof CommentBody>
export type Comment = Static<typeof Comment>
export type CommentQuery = Static<typeof CommentQuery>
