import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  work_order_not_found: {
    kind: 'not_found',
    en: 'There is no such work order.',
    id: 'Perintah kerja tidak ditemukan.',
  },
  not_assigned: {
    kind: 'forbidden',
    en: 'Only those who are assigned to the work order, and managers, may do this.',
    id: 'Hanya operator yang ditugaskan dan manajer yang boleh melakukan ini.',
  },
  invalid_transition: {
    kind: 'conflict',
    en: 'A work order that is {current_status} cannot become {wanted}.',
    id: 'Perintah kerja berstatus {current_status} tidak dapat menjadi {wanted}.',
  },
  work_order_closed: {
    kind: 'conflict',
    en: 'The work order is {current_status}; only its notes can still be changed.',
    id: 'Perintah kerja berstatus {current_status}; hanya catatannya yang masih dapat diubah.',
  },
  quantity_below_output: {
    kind: 'conflict',
    en: '{produced} are made already.',
    id: '{produced} sudah dibuat.',
  },
  product_fixed: {
    kind: 'conflict',
    en: 'The product cannot change any more.',
    id: 'Produknya tidak dapat diganti lagi.',
  },
  product_deleted: {
    kind: 'conflict',
    en: 'The product is no longer there.',
    id: 'Produk itu sudah tidak ada.',
  },
  count_too_large: {
    kind: 'conflict',
    en: 'No work order counts more than {most} of this kind.',
    id: 'Perintah kerja tidak menghitung lebih dari {most} untuk jenis ini.',
  },
  not_in_progress: {
    kind: 'conflict',
    en: 'The work order is {current_status}; this is done while it is in progress.',
    id: 'Perintah kerja berstatus {current_status}; ini dilakukan saat sedang dikerjakan.',
  },
  output_beyond_allowance: {
    kind: 'conflict',
    en: 'Only {available} more can be made without a larger allowance.',
    id: 'Hanya {available} lagi yang dapat dibuat tanpa kelonggaran yang lebih besar.',
  },
  entry_not_found: {
    kind: 'not_found',
    en: 'The production log has no such entry.',
    id: 'Catatan produksi tidak memiliki entri ini.',
  },
  entry_reversed: {
    kind: 'conflict',
    en: 'The entry has been taken back already.',
    id: 'Entri ini sudah dibatalkan.',
  },
  entry_is_reversal: {
    kind: 'conflict',
    en: 'The entry takes another one back; log the quantity again instead.',
    id: 'Entri ini membatalkan entri lain; catat kembali jumlahnya.',
  },
  product_not_found: {
    kind: 'not_found',
    en: 'There is no such product.',
    id: 'Produk tidak ditemukan.',
  },
  bill_not_found: {
    kind: 'not_found',
    en: 'The product has no bill of materials.',
    id: 'Produk ini tidak memiliki daftar bahan.',
  },
  bill_cycle: {
    kind: 'conflict',
    en: 'The product {product_id} is itself made of this one.',
    id: 'Produk {product_id} sendiri dibuat dari produk ini.',
  },
  schedule_not_found: {
    kind: 'not_found',
    en: 'There is no such schedule.',
    id: 'Jadwal tidak ditemukan.',
  },
  time_not_allowed: {
    kind: 'conflict',
    en: 'Your time at this work order is {state}.',
    id: 'Waktu kerja Anda pada perintah kerja ini: {state}.',
  },
})
