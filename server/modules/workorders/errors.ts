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
    en: 'A work order that is {status} cannot become {wanted}.',
    id: 'Perintah kerja berstatus {status} tidak dapat menjadi {wanted}.',
  },
  work_order_closed: {
    kind: 'conflict',
    en: 'The work order is {status}; only its notes can still be changed.',
    id: 'Perintah kerja berstatus {status}; hanya catatannya yang masih dapat diubah.',
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
})
