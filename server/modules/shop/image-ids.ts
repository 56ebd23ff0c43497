import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import type { ProductRow } from './product-queries.ts'

const imageIds = Compile(Type.Array(Type.String()))

/** The files of a product's images, in their order. */
export function readImageIds({ image_ids: stored }: Pick<ProductRow, 'image_ids'>): readonly string[] {
  return stored === null ? [] : imageIds.Parse(JSON.parse(stored))
}

export function writeImageIds(ids: readonly string[]): string | null {
  return ids.length === 0 ? null : JSON.stringify(ids)
}
