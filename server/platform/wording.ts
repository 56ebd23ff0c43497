import type { Language } from './language.ts'

/** Words for letters and pages that people read. */

/** Rupiah have no smaller unit in use: `Rp 10.000`, `IDR 10,000`. */
export function formatRupiah(amount: number, language: Language): string {
  return language === 'id'
    ? `Rp ${new Intl.NumberFormat('id-ID').format(amount)}`
    : `IDR ${new Intl.NumberFormat('en-GB').format(amount)}`
}

export function formatTime(time: Date, { language, zone }: { language: Language; zone: string }): string {
  const locale = language === 'id' ? 'id-ID' : 'en-GB'
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: zone }).format(
    time,
  )
}

/** Text that others wrote, in one line that stays where it is put: without control or bidirectional characters. */
export function oneLine(text: string): string {
  return text
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[\u{200e}\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}]/gu, '')
    .trim()
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}
