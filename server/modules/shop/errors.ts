import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  category_not_found: {
    kind: 'not_found',
    en: 'There is no such category.',
    id: 'Kategori tidak ditemukan.',
  },
  category_name_taken: {
    kind: 'conflict',
    en: 'Another category has this name.',
    id: 'Kategori lain sudah memakai nama ini.',
  },
  category_in_use: {
    kind: 'conflict',
    en: 'The category still has products.',
    id: 'Kategori masih memiliki produk.',
  },
  product_not_found: { kind: 'not_found', en: 'There is no such product.', id: 'Produk tidak ditemukan.' },
  sku_taken: {
    kind: 'conflict',
    en: 'Another product has this SKU.',
    id: 'Produk lain sudah memakai SKU ini.',
  },
  insufficient_stock: {
    kind: 'conflict',
    en: 'There is not enough stock.',
    id: 'Stok tidak cukup.',
  },
  stock_too_large: {
    kind: 'conflict',
    en: 'A stock is {most} at most.',
    id: 'Stok paling banyak {most}.',
  },
  image_not_found: {
    kind: 'not_found',
    en: 'The product has no such image.',
    id: 'Produk tidak memiliki gambar ini.',
  },
  too_many_images: {
    kind: 'conflict',
    en: 'The product has {images} images already.',
    id: 'Produk sudah memiliki {images} gambar.',
  },
  other_images: {
    kind: 'conflict',
    en: 'The product has other images than those.',
    id: 'Gambar produk berbeda dari daftar itu.',
  },
  price_changed: {
    kind: 'conflict',
    en: 'The total is {total_price}, not what you sent.',
    id: 'Totalnya {total_price}, bukan seperti yang Anda kirim.',
  },
  lines_waiting: {
    kind: 'conflict',
    en: 'Units of the transaction are still to come, so it cannot be sent yet.',
    id: 'Sebagian barang transaksi belum tersedia, sehingga belum dapat dikirim.',
  },
  order_not_found: {
    kind: 'not_found',
    en: 'There is no such transaction.',
    id: 'Transaksi tidak ditemukan.',
  },
  transition_not_allowed: {
    kind: 'conflict',
    en: 'A transaction that is {order_status} cannot become {wanted}.',
    id: 'Transaksi berstatus {order_status} tidak dapat menjadi {wanted}.',
  },
  customer_not_found: {
    kind: 'not_found',
    en: 'There is no such customer.',
    id: 'Pelanggan tidak ditemukan.',
  },
  payment_not_found: {
    kind: 'not_found',
    en: 'There is no such payment.',
    id: 'Pembayaran tidak ditemukan.',
  },
  payment_decided: {
    kind: 'conflict',
    en: 'The payment is {state} already.',
    id: 'Pembayaran sudah berstatus {state}.',
  },
  order_is_cancelled: {
    kind: 'conflict',
    en: 'The transaction is cancelled, so nothing can be paid for it.',
    id: 'Transaksi sudah dibatalkan, sehingga tidak dapat dibayar.',
  },
  overpayment: {
    kind: 'conflict',
    en: 'Only {outstanding} is still to be paid, not {amount}.',
    id: 'Yang masih harus dibayar hanya {outstanding}, bukan {amount}.',
  },
  too_many_payments: {
    kind: 'conflict',
    en: 'The transaction has {payments} payments already.',
    id: 'Transaksi sudah memiliki {payments} pembayaran.',
  },
})
