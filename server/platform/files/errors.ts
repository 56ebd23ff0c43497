import { defineErrors } from '../errors.ts'

export const refuseFile = defineErrors({
  file_not_found: { kind: 'not_found', en: 'There is no such file.', id: 'Berkas tidak ditemukan.' },
  file_missing: { kind: 'invalid', en: 'A file is missing.', id: 'Berkas tidak disertakan.' },
  one_file_only: {
    kind: 'invalid',
    en: 'One file at a time can be sent.',
    id: 'Hanya satu berkas yang dapat dikirim sekaligus.',
  },
  file_too_large: {
    kind: 'too_large',
    en: 'A file may have {most_bytes} bytes at most.',
    id: 'Ukuran berkas paling besar {most_bytes} bita.',
  },
  unsupported_file: {
    kind: 'unsupported',
    en: 'The file is none of these: {allowed}.',
    id: 'Berkas bukan salah satu dari: {allowed}.',
  },
  file_store_failed: {
    kind: 'upstream',
    en: 'The file store does not answer as it should.',
    id: 'Penyimpanan berkas tidak menjawab dengan benar.',
  },
})
