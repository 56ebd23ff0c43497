import { type Language, say, type Text } from '#platform/language'
import { formatRupiah } from '#platform/wording'
import type { OrderEventType, OrderFacts } from './events.ts'

type Notice = { readonly title: Text; readonly body: Text }

const NOTICES: Readonly<Record<OrderEventType, Notice>> = {
  order_created: {
    title: { en: 'Order received', id: 'Pesanan diterima' },
    body: {
      en: 'We have received your order {number} for {total}.',
      id: 'Kami telah menerima pesanan Anda {number} senilai {total}.',
    },
  },
  order_paid: {
    title: { en: 'Payment received', id: 'Pembayaran diterima' },
    body: { en: 'Your order {number} is paid.', id: 'Pesanan Anda {number} sudah dibayar.' },
  },
  order_shipped: {
    title: { en: 'Order shipped', id: 'Pesanan dikirim' },
    body: { en: 'Your order {number} is on its way.', id: 'Pesanan Anda {number} sedang dalam perjalanan.' },
  },
  order_completed: {
    title: { en: 'Order completed', id: 'Pesanan selesai' },
    body: { en: 'Your order {number} is completed.', id: 'Pesanan Anda {number} telah selesai.' },
  },
  order_cancelled: {
    title: { en: 'Order cancelled', id: 'Pesanan dibatalkan' },
    body: { en: 'Your order {number} was cancelled.', id: 'Pesanan Anda {number} dibatalkan.' },
  },
}

/** What the buyer reads in the application. */
export function writeOrderNotice(
  type: OrderEventType,
  { number, total_price }: OrderFacts,
  language: Language,
): { readonly title: string; readonly body: string } {
  const { title, body } = NOTICES[type]
  return {
    title: say(title, language),
    body: say(body, language, { number, total: formatRupiah(total_price, language) }),
  }
}
