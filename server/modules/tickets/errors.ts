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
  ticket_merged: {
    kind: 'conflict',
    en: 'The ticket was merged into another one, where it goes on.',
    id: 'Tiket ini sudah digabung ke tiket lain dan berlanjut di sana.',
  },
  merged_into_itself: {
    kind: 'conflict',
    en: 'A ticket cannot be merged into itself.',
    id: 'Tiket tidak dapat digabung ke dirinya sendiri.',
  },
  merge_target_ended: {
    kind: 'conflict',
    en: 'The other ticket is {current_status}, so that nothing can be merged into it.',
    id: 'Tiket tujuan sudah berstatus {current_status}, sehingga tidak dapat menerima gabungan.',
  },
  notes_by_desk: {
    kind: 'forbidden',
    en: 'Only those who work at the desk write notes.',
    id: 'Hanya petugas layanan yang dapat menulis catatan.',
  },
  watchers_by_desk: {
    kind: 'forbidden',
    en: 'Only the desk decides who else watches a ticket.',
    id: 'Hanya petugas layanan yang menentukan pengamat lain.',
  },
  watcher_not_found: {
    kind: 'not_found',
    en: 'Nobody of this id is known here.',
    id: 'Pengguna tidak dikenal di sini.',
  },
  link_not_found: { kind: 'not_found', en: 'There is no such link.', id: 'Tautan tidak ditemukan.' },
  already_linked: {
    kind: 'conflict',
    en: 'The ticket has this link already.',
    id: 'Tautan ini sudah ada pada tiket.',
  },
  too_many_links: {
    kind: 'conflict',
    en: 'The ticket has {links} links, and takes no more.',
    id: 'Tiket ini sudah memiliki {links} tautan dan tidak dapat ditambah.',
  },
  group_not_found: { kind: 'not_found', en: 'There is no such group.', id: 'Grup tidak ditemukan.' },
  group_name_taken: {
    kind: 'conflict',
    en: 'There is a group of this name already.',
    id: 'Sudah ada grup dengan nama ini.',
  },
  group_in_use: {
    kind: 'conflict',
    en: 'Tickets belong to this group.',
    id: 'Masih ada tiket pada grup ini.',
  },
  canned_reply_not_found: {
    kind: 'not_found',
    en: 'There is no such canned reply.',
    id: 'Balasan siap pakai tidak ditemukan.',
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
  invgate_failed: {
    kind: 'upstream',
    en: 'armmada error: {reason}',
    id: 'armmada error: {reason}',
  },
  invgate_timeout: {
    kind: 'upstream',
    en: 'context deadline exceeded',
    id: 'context deadline exceeded',
  },
  ticket_is_local: {
    kind: 'conflict',
    en: 'InvGate does not know of this ticket, and is not to be told.',
    id: 'Tiket ini tidak dikirim ke InvGate.',
  },
  not_your_ticket: {
    kind: 'forbidden',
    en: 'Only the customer of the ticket may do this.',
    id: 'Hanya pelanggan tiket ini yang boleh melakukan ini.',
  },
})
