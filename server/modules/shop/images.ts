import type { Transaction } from 'kysely'
import { actorOf, type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { imageTypes } from '#platform/files/file-type'
import { type FilePurpose, type Files, filePath } from '#platform/files/files'
import type { Upload } from '#platform/files/upload'
import { getLockedProduct, type ShopParts } from './catalogue.ts'
import { refuse } from './errors.ts'
import { productEvent } from './events.ts'
import { readImageIds, writeImageIds } from './image-ids.ts'
import type { Image } from './image-schemas.ts'
import { findProduct, type ProductRow, updateProduct } from './product-queries.ts'
import type { Product } from './schemas.ts'
import type { ShopTables } from './table.ts'
import { toProduct } from './views.ts'

const MAX_IMAGES = 20

export const productImages: FilePurpose = {
  name: 'product_image',
  types: imageTypes,
  readers: 'everybody',
}

export type Images = ReturnType<typeof createImages>

/** What a product looks like: files in an order, the first of which stands for it. Each change is one of the product. */
export function createImages({ db, clock, outbox, files }: ShopParts & { readonly files: Files }) {
  return {
    async addImage(call: Call<Image>, productId: string, upload: Upload): Promise<Image> {
      // Before anything is stored: not for a request that was answered, nor for a product that is not there.
      await call.companion?.recall(db)
      if ((await findProduct(db, productId)) === undefined) throw refuse('product_not_found')
      const file = await files.storeUpload({
        upload,
        purpose: productImages,
        ownerId: actorOf(call).userId,
      })
      try {
        return await transaction(db, call, async (trx) => {
          const row = await getLockedProduct(trx, productId)
          checkVersion(call, row)
          const ids = readImageIds(row)
          if (ids.length >= MAX_IMAGES) throw refuse('too_many_images', { details: { images: ids.length } })
          await files.keep(trx, file.id)
          await changeImages(trx, call, row, [...ids, file.id])
          return { ...file, url: filePath(file.id) }
        })
      } catch (error) {
        await files.discard(file.id)
        throw error
      }
    },

    async orderImages(call: Call<Product>, productId: string, ids: readonly string[]): Promise<Product> {
      return await transaction(db, call, async (trx) => {
        const row = await getLockedProduct(trx, productId)
        checkVersion(call, row)
        const known = readImageIds(row)
        const isSame = ids.length === known.length && known.every((id) => ids.includes(id))
        if (!isSame) throw refuse('other_images', { details: { image_ids: known } })
        return await changeImages(trx, call, row, ids)
      })
    },

    async removeImage(call: Call<void>, productId: string, imageId: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLockedProduct(trx, productId)
        checkVersion(call, row)
        const ids = readImageIds(row)
        if (!ids.includes(imageId)) throw refuse('image_not_found')
        await files.drop(trx, [imageId])
        await changeImages(
          trx,
          call,
          row,
          ids.filter((id) => id !== imageId),
        )
      })
    },
  }

  async function changeImages(
    trx: Transaction<ShopTables>,
    call: Call,
    row: ProductRow,
    ids: readonly string[],
  ): Promise<Product> {
    const change = { image_ids: writeImageIds(ids), version: row.version + 1, updated_at: clock.now() }
    const product = toProduct({ ...row, ...change })
    await updateProduct(trx, row.id, change)
    await outbox.append(trx, call, productEvent('updated', product))
    return product
  }
}
