import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  notification_not_found: {
    kind: 'not_found',
    en: 'There is no such notification.',
    id: 'Notifikasi tidak ditemukan.',
  },
  delivery_not_found: {
    kind: 'not_found',
    en: 'There is no such delivery.',
    id: 'Pengiriman tidak ditemukan.',
  },
  delivery_not_failed: {
    kind: 'conflict',
    en: 'Only a delivery that has failed can be tried again; this one is {state}.',
    id: 'Hanya pengiriman yang gagal dapat dicoba lagi; yang ini berstatus {state}.',
  },
})
