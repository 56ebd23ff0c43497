import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  ticket_not_found: { kind: 'not_found', en: 'There is no such ticket.', id: 'Tiket tidak ditemukan.' },
  title_and_description_required: {
    kind: 'invalid',
    en: 'title and description are required',
    id: 'judul dan deskripsi wajib diisi',
  },
  invalid_transition: {
    kind: 'conflict',
    en: 'A ticket that is {current_status} cannot become {wanted}.',
    id: 'Tiket berstatus {current_status} tidak dapat menjadi {wanted}.',
  },
  ticket_ended: {
    kind: 'conflict',
    en: 'The ticket is {current_status} and stays as it is.',
    id: 'Tiket sudah berstatus {current_status} dan tidak dapat diubah.',
  },
  already_rated: {
    kind: 'conflict',
    en: 'The ticket has been rated already.',
    id: 'Tiket ini sudah dinilai.',
  },
  sla_policy_not_found: {
    kind: 'not_found',
    en: 'There is no such policy.',
    id: 'Kebijakan tidak ditemukan.',
  },
  sla_policy_taken: {
    kind: 'conflict',
    en: 'There is a policy for this priority and category already.',
    id: 'Sudah ada kebijakan untuk prioritas dan kategori ini.',
  },
  holiday_not_found: {
    kind: 'not_found',
    en: 'This day is no holiday.',
    id: 'Hari ini bukan hari libur.',
  },
  not_your_ticket: {
    kind: 'forbidden',
    en: 'Only the customer of the ticket may do this.',
    id: 'Hanya pelanggan tiket ini yang boleh melakukan ini.',
  },
})
