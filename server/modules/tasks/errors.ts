import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  task_not_found: { kind: 'not_found', en: 'There is no such task.', id: 'Tugas tidak ditemukan.' },
  invalid_transition: {
    kind: 'conflict',
    en: 'A task that is {current_status} cannot become {wanted}.',
    id: 'Tugas berstatus {current_status} tidak dapat menjadi {wanted}.',
  },
  end_has_passed: {
    kind: 'conflict',
    en: 'The end of this task has passed; it goes on when it is given a new one.',
    id: 'Batas waktu tugas ini sudah lewat; tugas dapat dilanjutkan setelah diberi batas baru.',
  },
  task_not_extendable: {
    kind: 'conflict',
    en: 'A task that is {current_status} cannot be given more time.',
    id: 'Tugas berstatus {current_status} tidak dapat diberi tambahan waktu.',
  },
  deleted_by_owner: {
    kind: 'forbidden',
    en: 'Only its owner deletes a task.',
    id: 'Hanya pemilik yang dapat menghapus tugas.',
  },
  feed_not_found: {
    kind: 'not_found',
    en: 'There is no such calendar.',
    id: 'Kalender tidak ditemukan.',
  },
  filter_not_found: {
    kind: 'not_found',
    en: 'There is no such filter.',
    id: 'Filter tidak ditemukan.',
  },
  filter_name_taken: {
    kind: 'conflict',
    en: 'You have a filter of this name already.',
    id: 'Anda sudah memiliki filter dengan nama ini.',
  },
  task_blocked: {
    kind: 'conflict',
    en: 'Other tasks have to be done first.',
    id: 'Tugas lain harus diselesaikan lebih dahulu.',
  },
  blocked_in_a_circle: {
    kind: 'conflict',
    en: 'A task cannot wait for one that waits for it.',
    id: 'Tugas tidak dapat menunggu tugas yang menunggunya.',
  },
  too_many_waiting: {
    kind: 'conflict',
    en: 'A task can be waited for by {limit} open ones at most.',
    id: 'Sebuah tugas dapat ditunggu oleh paling banyak {limit} tugas terbuka.',
  },
  too_many_on_record: {
    kind: 'conflict',
    en: 'Somebody can have {limit} open tasks on one record at most.',
    id: 'Satu orang dapat memiliki paling banyak {limit} tugas terbuka pada satu data.',
  },
})
