import type { Kysely } from 'kysely'
import { invalidField } from '#platform/errors'
import { refuse } from './errors.ts'
import { findProduct } from './queries.ts'
import type { WorkOrderTables } from './table.ts'

type Wanted = {
  readonly product_id?: string | null | undefined
  readonly product_name?: string | undefined
}
export type ProductChoice = { readonly productId: string | null; readonly productName: string }

/** What is to be made: a product of the shop, which gives its own name, or anything that has a name. */
export async function chooseProduct(
  db: Kysely<WorkOrderTables>,
  { product_id: id, product_name: name }: Wanted,
): Promise<ProductChoice> {
  if (typeof id === 'string') {
    const product = await findProduct(db, id)
    if (product === undefined) throw unknownProduct()
    if (product.deleted_at !== null) throw refuse('product_deleted', { details: { product_id: id } })
    return { productId: id, productName: product.name }
  }
  if (name === undefined) throw missingName()
  return { productId: null, productName: name.trim() }
}

/** A product of the shop has its own name, and no other. */
export function nameOfProduct() {
  const text = { en: 'is given by the product of the shop', id: 'ditentukan oleh produk toko' }
  return invalidField({ pointer: '/product_name', code: 'invalid', text })
}

function unknownProduct() {
  const text = { en: 'is not a product of the shop', id: 'bukan produk toko' }
  return invalidField({ pointer: '/product_id', code: 'unknown_product', text })
}

function missingName() {
  const text = { en: 'is required, or else `product_id`', id: 'wajib diisi, atau `product_id`' }
  return invalidField({ pointer: '/product_name', code: 'required', text })
}
