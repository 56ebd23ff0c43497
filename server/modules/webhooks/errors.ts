import { defineErrors, invalidField } from '#platform/errors'
import type { Text } from '#platform/language'

export const refuse = defineErrors({
  webhook_not_found: { kind: 'not_found', en: 'There is no such webhook.', id: 'Webhook tidak ditemukan.' },
  webhook_delivery_not_found: {
    kind: 'not_found',
    en: 'There is no such delivery of this webhook.',
    id: 'Pengiriman webhook ini tidak ditemukan.',
  },
  webhook_is_disabled: {
    kind: 'conflict',
    en: 'The webhook is disabled; enable it first.',
    id: 'Webhook dinonaktifkan; aktifkan dahulu.',
  },
})

const fieldTexts = {
  invalid_url: {
    en: 'must be an http or https address without user and password',
    id: 'harus berupa alamat http atau https tanpa pengguna dan kata sandi',
  },
  https_required: { en: 'must begin with https://', id: 'harus diawali https://' },
  refused_address: {
    en: 'must be an address of the public internet',
    id: 'harus berupa alamat di internet publik',
  },
  invalid_secret: {
    en: 'must be whsec_ and 24 to 64 bytes in base64',
    id: 'harus berupa whsec_ dan 24 sampai 64 byte dalam base64',
  },
  never_sent: {
    en: 'names events that are never sent to webhooks',
    id: 'menyebut kejadian yang tidak pernah dikirim ke webhook',
  },
} as const satisfies Readonly<Record<string, Text>>

export function refuseField(pointer: string, code: keyof typeof fieldTexts) {
  return invalidField({ pointer, code, text: fieldTexts[code] })
}
