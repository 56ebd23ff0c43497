import { type Language, say, type Text } from '#platform/language'
import { escapeHtml, formatRupiah, formatTime, oneLine } from '#platform/wording'
import { type Letter, page, paragraph } from './letter-page.ts'

export type OrderConfirmation = {
  readonly number: string
  readonly placedAt: Date
  readonly totalMinor: number
  /** Null where the prices have the tax in them, or there is none. */
  readonly addedTaxMinor: number | null
  /** Null where it is sent for nothing. */
  readonly shippingMinor: number | null
  readonly lines: readonly {
    readonly name: string
    readonly quantity: number
    readonly priceMinor: number
    readonly subtotalMinor: number
  }[]
}

const TEXTS = {
  title: { en: 'Your order {number}', id: 'Pesanan Anda {number}' },
  thanks: { en: 'Thank you for your order.', id: 'Terima kasih atas pesanan Anda.' },
  placed: {
    en: 'We received order {number} on {time}.',
    id: 'Kami menerima pesanan {number} pada {time}.',
  },
  product: { en: 'Product', id: 'Produk' },
  quantity: { en: 'Quantity', id: 'Jumlah' },
  price: { en: 'Price', id: 'Harga' },
  subtotal: { en: 'Subtotal', id: 'Subtotal' },
  tax: { en: 'Tax', id: 'Pajak' },
  shipping: { en: 'Shipping', id: 'Ongkos kirim' },
  total: { en: 'Total', id: 'Total' },
  next: {
    en: 'We will tell you when it is paid and when it is on its way.',
    id: 'Kami akan memberi tahu Anda saat pembayaran diterima dan saat pesanan dikirim.',
  },
} as const satisfies Readonly<Record<string, Text>>

type Options = {
  readonly language: Language
  /** The time zone in which people count the days, as an IANA name. */
  readonly zone: string
}

export function writeOrderConfirmation(order: OrderConfirmation, { language, zone }: Options): Letter {
  const details = { number: order.number, time: formatTime(order.placedAt, { language, zone }) }
  const words = (which: keyof typeof TEXTS): string => say(TEXTS[which], language, details)
  const money = (amount: number): string => formatRupiah(amount, language)
  const lines = order.lines.map((line) => ({
    name: oneLine(line.name),
    quantity: String(line.quantity),
    price: money(line.priceMinor),
    subtotal: money(line.subtotalMinor),
  }))
  const total = money(order.totalMinor)
  const additions = [
    { name: words('tax'), amount: order.addedTaxMinor },
    { name: words('shipping'), amount: order.shippingMinor },
  ].flatMap(({ name, amount }) => (amount === null ? [] : [{ name, amount: money(amount) }]))
  return {
    title: words('title'),
    text: [
      words('thanks'),
      words('placed'),
      '',
      ...lines.map(({ name, quantity, price, subtotal }) => `${quantity} × ${name} (${price}): ${subtotal}`),
      '',
      ...additions.map(({ name, amount }) => `${name}: ${amount}`),
      `${words('total')}: ${total}`,
      '',
      words('next'),
      '',
    ].join('\n'),
    html: page({ language, title: words('title') }, [
      paragraph(words('thanks')),
      paragraph(words('placed')),
      table([
        row(HEAD, [words('product'), words('quantity'), words('price'), words('subtotal')]),
        ...lines.map(({ name, quantity, price, subtotal }) => row(CELL, [name, quantity, price, subtotal])),
        ...additions.map(({ name, amount }) => row(CELL, [name, '', '', amount])),
        row(HEAD, [words('total'), '', '', total]),
      ]),
      paragraph(words('next')),
    ]),
  }
}

const CELL = 'padding:8px;border-bottom:1px solid #ddd'
const HEAD = `${CELL};font-weight:bold`

function table(rows: readonly string[]): string {
  return `<table role="presentation" style="width:100%;border-collapse:collapse;margin:0 0 16px">
${rows.join('\n')}
</table>`
}

/** The first cell is words, the others are numbers. */
function row(style: string, cells: readonly string[]): string {
  return `<tr>${cells
    .map((cell, index) => {
      const align = index === 0 ? 'left' : 'right'
      return `<td style="${style};text-align:${align}">${escapeHtml(cell)}</td>`
    })
    .join('')}</tr>`
}
