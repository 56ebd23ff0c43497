import { type Language, say, type Text } from '#platform/language'
import { formatTime, oneLine } from '#platform/wording'
import { type Letter, page, paragraph, quotation } from './letter-page.ts'
import type { TicketEvent } from './ticket-events.ts'

/** What its column holds of a notice. */
const LONGEST_TITLE = 200
const LONGEST_BODY = 2_000

const TITLES = {
  created: { en: 'Ticket {number} was opened for you', id: 'Tiket {number} dibuatkan untuk Anda' },
  replied: { en: 'New reply to ticket {number}', id: 'Balasan baru pada tiket {number}' },
  opened: { en: 'Ticket {number} is being seen to', id: 'Tiket {number} mulai ditangani' },
  waiting: { en: 'Ticket {number} waits for its customer', id: 'Tiket {number} menunggu pelanggan' },
  waiting_for_you: { en: 'Ticket {number} waits for you', id: 'Tiket {number} menunggu jawaban Anda' },
  on_hold: { en: 'Ticket {number} is on hold', id: 'Tiket {number} sedang ditunda' },
  goes_on: { en: 'Ticket {number} goes on', id: 'Tiket {number} dilanjutkan' },
  reopened: { en: 'Ticket {number} is open again', id: 'Tiket {number} dibuka kembali' },
  solved: { en: 'Ticket {number} is solved', id: 'Tiket {number} sudah selesai' },
  closed: { en: 'Ticket {number} is closed', id: 'Tiket {number} sudah ditutup' },
  cancelled: { en: 'Ticket {number} was cancelled', id: 'Tiket {number} dibatalkan' },
  merged: {
    en: 'Ticket {number} was merged into another one',
    id: 'Tiket {number} digabung ke tiket lain',
  },
  assigned: { en: 'Ticket {number} is assigned to you', id: 'Tiket {number} ditugaskan kepada Anda' },
  response_warned: {
    en: 'Ticket {number} needs its first response soon',
    id: 'Tiket {number} perlu segera dijawab',
  },
  response_breached: {
    en: 'The first response to ticket {number} is late',
    id: 'Jawaban pertama untuk tiket {number} terlambat',
  },
  resolution_warned: {
    en: 'Ticket {number} is to be solved soon',
    id: 'Tiket {number} perlu segera diselesaikan',
  },
  resolution_breached: {
    en: 'The solution of ticket {number} is late',
    id: 'Penyelesaian tiket {number} terlambat',
  },
} as const satisfies Readonly<Record<string, Text>>

export type TicketNoticeName = keyof typeof TITLES

const WORDS = {
  said: { en: '{author} wrote:', id: '{author} menulis:' },
  solution: { en: 'The solution:', id: 'Penyelesaian:' },
  due: { en: 'Due on {time}.', id: 'Batas waktu {time}.' },
  look: {
    en: 'You can read the ticket and answer in the application.',
    id: 'Anda dapat membaca tiket dan membalas di aplikasi.',
  },
} as const satisfies Readonly<Record<string, Text>>

type Options = {
  readonly what: TicketNoticeName
  readonly language: Language
  /** The time zone in which people count the days, as an IANA name. */
  readonly zone: string
}

export type TicketNotice = { readonly title: string; readonly body: string; readonly letter: Letter }

/** What somebody reads of it, in the application and as a letter. What others wrote is quoted, never interpreted. */
export function writeTicketNotice(event: TicketEvent, { what, language, zone }: Options): TicketNotice {
  const { number, title } = event.ticket
  const headline = say(TITLES[what], language, { number })
  const about = `${number}: ${oneLine(title)}`
  const { lead, quoted } = detailsOf(event, { what, language, zone })
  const look = say(WORDS.look, language)
  const lines = [about, ...(lead === null ? [] : [lead])]
  return {
    title: shorten(headline, LONGEST_TITLE),
    body: shorten([...lines, ...(quoted === null ? [] : [quoted])].join('\n'), LONGEST_BODY),
    letter: {
      title: headline,
      text: [...lines, '', ...(quoted === null ? [] : [quote(quoted), '']), look, ''].join('\n'),
      html: page({ language, title: headline }, [
        ...lines.map(paragraph),
        ...(quoted === null ? [] : [quotation(quoted)]),
        paragraph(look),
      ]),
    },
  }
}

type Details = {
  /** A sentence of ours. */
  readonly lead: string | null
  /** Words of somebody else. */
  readonly quoted: string | null
}

function detailsOf(event: TicketEvent, { what, language, zone }: Options): Details {
  if (event.type === 'ticket.replied') {
    const { author_name: author, text } = event.ticket
    return { lead: say(WORDS.said, language, { author: oneLine(author) }), quoted: text.trim() || null }
  }
  if (event.type === 'ticket.sla_warned' || event.type === 'ticket.sla_breached') {
    const { due_at: due } = event.ticket
    if (due === null) return { lead: null, quoted: null }
    const time = formatTime(new Date(due), { language, zone })
    return { lead: say(WORDS.due, language, { time }), quoted: null }
  }
  const { solution } = event.ticket
  if (what !== 'solved' || solution === null) return { lead: null, quoted: null }
  return { lead: say(WORDS.solution, language), quoted: solution }
}

/** No line of it can pass for one of ours. */
function quote(text: string): string {
  return text
    .split(/\r\n|[\r\n\u2028\u2029]/)
    .map((line) => `> ${line}`)
    .join('\n')
}

function shorten(text: string, maxLength: number): string {
  const letters = Array.from(text)
  return letters.length <= maxLength ? text : `${letters.slice(0, maxLength - 1).join('')}…`
}
