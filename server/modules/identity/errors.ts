import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  email_taken: {
    kind: 'conflict',
    en: 'This e-mail address is taken.',
    id: 'Alamat surel ini sudah dipakai.',
  },
  username_taken: { kind: 'conflict', en: 'This username is taken.', id: 'Nama pengguna ini sudah dipakai.' },
  wrong_credentials: {
    kind: 'unauthenticated',
    en: 'Wrong e-mail, username or password.',
    id: 'Surel, nama pengguna, atau kata sandi salah.',
  },
  too_many_failures: {
    kind: 'too_many',
    en: 'Too many failed attempts. Try again in {seconds} seconds.',
    id: 'Terlalu banyak percobaan gagal. Coba lagi dalam {seconds} detik.',
  },
  invalid_refresh_token: {
    kind: 'unauthenticated',
    en: 'The refresh token is not valid. Please sign in again.',
    id: 'Token penyegar tidak valid. Silakan masuk kembali.',
  },
  wrong_password: {
    kind: 'forbidden',
    en: 'The current password is wrong.',
    id: 'Kata sandi saat ini salah.',
  },
  role_not_allowed: {
    kind: 'forbidden',
    en: 'You may not give anyone the role {role}.',
    id: 'Anda tidak boleh memberikan peran {role}.',
  },
  permission_not_held: {
    kind: 'forbidden',
    en: 'A token can only carry permissions that you hold yourself.',
    id: 'Token hanya dapat membawa izin yang Anda miliki sendiri.',
  },
  last_administrator: {
    kind: 'conflict',
    en: 'The last administrator must stay one.',
    id: 'Administrator terakhir tidak boleh dihapus perannya.',
  },
  user_not_found: { kind: 'not_found', en: 'There is no such user.', id: 'Pengguna tidak ditemukan.' },
  session_not_found: { kind: 'not_found', en: 'There is no such session.', id: 'Sesi tidak ditemukan.' },
  api_token_not_found: { kind: 'not_found', en: 'There is no such token.', id: 'Token tidak ditemukan.' },
})

/** What can be wrong with a field beyond what its schema says. */
export const fieldTexts = {
  required: { en: 'is required', id: 'wajib diisi' },
  commonPassword: {
    en: 'is one of the most common passwords',
    id: 'termasuk kata sandi yang paling umum',
  },
  longForBcrypt: { en: 'must be at most 72 bytes long', id: 'maksimal 72 bita' },
  past: { en: 'must lie in the future', id: 'harus di masa depan' },
} as const
