export { type CatalogueCacheParts, withCatalogueCache } from './catalogue-cache.ts'
export { shopEventTypes } from './event-types.ts'
export { exportProducts } from './export-products.ts'
export { productImages } from './images.ts'
export { createImportProducts, type ImportCount, type ImportProducts } from './import-products.ts'
export { createOrderHold } from './order-hold.ts'
export { paymentProofs } from './payment-proof.ts'
export {
  headerMistakes,
  type ProductRecord,
  productColumns,
  readProductRecord,
  skuKey,
} from './product-lists.ts'
export { registerShop } from './register.ts'
export type { ProductImportRow } from './schemas.ts'
export { createSupplyConsumers } from './supply-consumer.ts'
export type { ShopTables } from './table.ts'
