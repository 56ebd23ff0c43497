import type { Language } from './language.ts'

/** Words for letters and pages that people read. */

const RUPIAH: Readonly<Record<Language, Intl.NumberFormat>> = {
  id: new Intl.NumberFormat('id-ID'),
  en: new Intl.NumberFormat('en-GB'),
}

/** Rupiah have no smaller unit in use: `Rp 10.000`, `IDR 10,000`. */
export function formatRupiah(amount: number, language: Language): string {
  return `${language === 'id' ? 'Rp' : 'IDR'} ${RUPIAH[language].format(amount)}`
}

/** To make one takes longer than all else that a mail needs; there is one for each language and zone in use. */
const clocks = new Map<string, Intl.DateTimeFormat>()

export function formatTime(time: Date, { language, zone }: { language: Language; zone: string }): string {
  const key = `${language} ${zone}`
  const known = clocks.get(key)
  if (known !== undefined) return known.format(time)
  const locale = language === 'id' ? 'id-ID' : 'en-GB'
  const clock = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeStyle: 'short', timeZone: zone })
  clocks.set(key, clock)
  return clock.format(time)
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
