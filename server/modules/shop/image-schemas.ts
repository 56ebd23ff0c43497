import { type Static, Type } from 'typebox'
import { Id, Strict } from '#platform/http/schemas'

export const Image = Type.Object({
  id: Id,
  url: Type.String(),
  name: Type.String({ description: 'What it was called where it came from' }),
  type: Type.String(),
  bytes: Type.Integer(),
  sha256: Type.String(),
})
export const ImageParams = Type.Object({ id: Id, image_id: Id })
export const ImageOrderBody = Strict({
  image_ids: Type.Array(Id, { maxItems: 100, uniqueItems: true, description: 'All of them, once each' }),
})

export type Image = Static<typeof Image>
