import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  task_not_found: { kind: 'not_found', en: 'There is no such task.', id: 'Tugas tidak ditemukan.' },
  invalid_transition: {
    kind: 'conflict',
    en: 'A task that is {current_status} cannot become {wanted}.',
    id: 'Tugas berstatus {current_status} tidak dapat menjadi {wanted}.',
  },
  deleted_by_owner: {
    kind: 'forbidden',
    en: 'Only its owner deletes a task.',
    id: 'Hanya pemilik yang dapat menghapus tugas.',
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
})
