import { type Language, say, type Text } from '#platform/language'
import { formatRupiah } from '#platform/wording'
import type { OrderStatus } from './lifecycle.ts'
import type { WaitingLineReason, Why } from './why-schemas.ts'

const STATUSES: Readonly<Record<OrderStatus, Text>> = {
  pending_payment: {
    en: 'The transaction waits for its payment: {outstanding} is still to be paid.',
    id: 'Transaksi menunggu pembayaran: masih harus dibayar {outstanding}.',
  },
  paid: {
    en: 'The transaction is paid and will be processed.',
    id: 'Transaksi sudah dibayar dan akan diproses.',
  },
  processing: { en: 'The transaction is being processed.', id: 'Transaksi sedang diproses.' },
  shipped: { en: 'The transaction is on its way.', id: 'Transaksi sedang dikirim.' },
  completed: { en: 'The transaction is completed.', id: 'Transaksi sudah selesai.' },
  cancelled: { en: 'The transaction is cancelled.', id: 'Transaksi dibatalkan.' },
}

const HOLDS: Readonly<Record<string, Text>> = {
  material: { en: 'material is missing', id: 'bahan belum ada' },
  machine: { en: 'a machine is down', id: 'mesin bermasalah' },
  quality: { en: 'the quality is being looked at', id: 'mutu sedang diperiksa' },
}
const OTHER_HOLD: Text = { en: 'for another reason', id: 'karena alasan lain' }

const UNITS = {
  waiting: {
    en: '{name}: {waiting} of {quantity} are still to come',
    id: '{name}: {waiting} dari {quantity} belum tersedia',
  },
  ahead: {
    en: ', after {ahead} for those who have waited longer',
    id: ', setelah {ahead} untuk yang menunggu lebih lama',
  },
  promised: { en: '; expected by {day}', id: '; diperkirakan paling lambat {day}' },
  made: {
    en: '. Work order {number} has made {good} of {quantity}.',
    id: '. Perintah kerja {number} sudah membuat {good} dari {quantity}.',
  },
  held: {
    en: '. Work order {number} has made {good} of {quantity} and is on hold: {hold}.',
    id: '. Perintah kerja {number} sudah membuat {good} dari {quantity} dan ditahan: {hold}.',
  },
  notStarted: {
    en: '. Work order {number} for {quantity} has not been started yet.',
    id: '. Perintah kerja {number} untuk {quantity} belum dimulai.',
  },
  nothing: { en: '. Nothing is being made yet.', id: '. Belum ada yang dibuat.' },
} as const

const DAYS = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' }),
  id: new Intl.DateTimeFormat('id-ID', { dateStyle: 'long', timeZone: 'UTC' }),
}

type Line = Omit<WaitingLineReason, 'text'>

/** Why a line waits, in a sentence or two. */
export function sayLine(line: Line, language: Language): string {
  const parts = [say(UNITS.waiting, language, line)]
  if (line.ahead > 0) parts.push(say(UNITS.ahead, language, line))
  if (line.promised_on !== null) {
    const day = DAYS[language].format(new Date(`${line.promised_on}T00:00:00.000Z`))
    parts.push(say(UNITS.promised, language, { day }))
  }
  const [next] = line.work_orders
  return [...parts, next === undefined ? say(UNITS.nothing, language) : sayOrder(next, language)].join('')
}

function sayOrder(order: Line['work_orders'][number], language: Language): string {
  if (order.hold !== null) {
    const hold = say(HOLDS[order.hold.reason] ?? OTHER_HOLD, language)
    return say(UNITS.held, language, { ...order, hold })
  }
  return say(order.status === 'pending' ? UNITS.notStarted : UNITS.made, language, order)
}

/** All of it. */
export function sayWhy({ status, payment, lines }: Omit<Why, 'text'>, language: Language): string {
  const outstanding = formatRupiah(payment?.outstanding ?? 0, language)
  return [say(STATUSES[status], language, { outstanding }), ...lines.map(({ text }) => text)].join(' ')
}
