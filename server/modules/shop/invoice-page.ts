import { createHash } from 'node:crypto'
import { type Language, say, type Text } from '#platform/language'
import { escapeHtml, formatRupiah, formatTime, oneLine } from '#platform/wording'
import type { Order, ShippingAddress } from './order-schemas.ts'

const TEXTS = {
  title: { en: 'Invoice {number}', id: 'Faktur {number}' },
  date: { en: 'Date', id: 'Tanggal' },
  status: { en: 'Status', id: 'Status' },
  customer: { en: 'Customer', id: 'Pelanggan' },
  shipTo: { en: 'Ship to', id: 'Dikirim ke' },
  note: { en: 'Note', id: 'Catatan' },
  product: { en: 'Product', id: 'Produk' },
  quantity: { en: 'Quantity', id: 'Jumlah' },
  price: { en: 'Price', id: 'Harga' },
  amount: { en: 'Amount', id: 'Nilai' },
  subtotal: { en: 'Subtotal', id: 'Subtotal' },
  addedTax: { en: 'Tax {rate}%', id: 'Pajak {rate}%' },
  includedTax: { en: 'Subtotal includes tax {rate}%', id: 'Subtotal termasuk pajak {rate}%' },
  shipping: { en: 'Shipping', id: 'Ongkos kirim' },
  total: { en: 'Total', id: 'Total' },
  paid: { en: 'Paid', id: 'Sudah dibayar' },
  outstanding: { en: 'To be paid', id: 'Belum dibayar' },
  pending_payment: { en: 'Waiting for payment', id: 'Menunggu pembayaran' },
  paidStatus: { en: 'Paid', id: 'Lunas' },
  processing: { en: 'Being processed', id: 'Diproses' },
  shipped: { en: 'Shipped', id: 'Dikirim' },
  completed: { en: 'Completed', id: 'Selesai' },
  cancelled: { en: 'Cancelled', id: 'Dibatalkan' },
} as const satisfies Readonly<Record<string, Text>>

const STYLE = `
body { margin: 2rem auto; max-width: 50rem; padding: 0 1rem; font: 16px/1.5 Arial, Helvetica, sans-serif; color: #222 }
h1 { font-size: 1.5rem; margin: 0 0 1rem }
.shop { font-weight: bold }
.lines, .facts { white-space: pre-line; overflow-wrap: anywhere }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1.5rem; margin: 1.5rem 0 }
dt { font-weight: bold }
dd { margin: 0 }
table { width: 100%; border-collapse: collapse }
th, td { padding: .5rem; border-bottom: 1px solid #ccc; text-align: right; vertical-align: top }
th:first-child, td:first-child { text-align: left; overflow-wrap: anywhere }
thead { display: table-header-group }
tr { break-inside: avoid }
.total { font-weight: bold }
@page { margin: 2cm }
@media print { body { margin: 0; max-width: none; padding: 0; font-size: 11pt; color: #000 } }
`

/** Nothing is loaded and nothing runs: the one style sheet is allowed by its hash. */
export const INVOICE_POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
].join(';')

export type Invoice = {
  readonly order: Order
  readonly customerName: string | null
  readonly shop: { readonly name: string | null; readonly address: string | null }
  readonly language: Language
  /** The time zone in which people count the days, as an IANA name. */
  readonly zone: string
}

/** One amount of the invoice as it is shown; those with `counts` sum to the total. */
export type InvoiceAmount = {
  readonly what: 'subtotal' | 'includedTax' | 'addedTax' | 'shipping' | 'total' | 'paid' | 'outstanding'
  readonly amount: number
  readonly counts: boolean
}

export function amountsShown(order: Order): InvoiceAmount[] {
  const { subtotal, tax_inclusive: isInclusive, tax_amount: tax, tax_rate_basis_points: rate } = order
  const taxLine = {
    what: isInclusive ? 'includedTax' : 'addedTax',
    amount: tax,
    counts: !isInclusive,
  } as const
  const outstanding = order.status === 'cancelled' ? 0 : order.total_price - order.amount_paid
  return [
    { what: 'subtotal', amount: subtotal, counts: true },
    ...(rate === 0 ? [] : [taxLine]),
    ...(order.shipping_fee === 0
      ? []
      : [{ what: 'shipping', amount: order.shipping_fee, counts: true } as const]),
    { what: 'total', amount: order.total_price, counts: false },
    ...(order.amount_paid === 0
      ? []
      : ([
          { what: 'paid', amount: order.amount_paid, counts: false },
          { what: 'outstanding', amount: outstanding, counts: false },
        ] as const)),
  ]
}

export function writeInvoice({ order, customerName, shop, language, zone }: Invoice): string {
  const money = (amount: number): string => formatRupiah(amount, language)
  const words = (which: keyof typeof TEXTS): string =>
    say(TEXTS[which], language, { number: order.number, rate: percent(order, language) })
  const customer = [customerName, order.user_email, order.phone].filter((line) => line !== null)
  const facts: [string, string][] = [
    [words('date'), formatTime(new Date(order.created_at), { language, zone })],
    [words('status'), words(order.status === 'paid' ? 'paidStatus' : order.status)],
    [words('customer'), customer.map(oneLine).join('\n')],
    ...(order.shipping_address === null ? [] : [fact(words('shipTo'), addressLines(order.shipping_address))]),
    ...(order.note === null || order.note === '' ? [] : [fact(words('note'), [order.note])]),
  ]
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(words('title'))}</title>
<style>${STYLE}</style>
</head>
<body>
${shop.name === null ? '' : `<p class="shop">${escapeHtml(oneLine(shop.name))}</p>`}
${shop.address === null ? '' : `<p class="lines">${escapeHtml(shop.address)}</p>`}
<h1>${escapeHtml(words('title'))}</h1>
<dl>
${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd class="facts">${escapeHtml(value)}</dd>`).join('\n')}
</dl>
<table>
<thead>${row('th', [words('product'), words('quantity'), words('price'), words('amount')])}</thead>
<tbody>
${order.products
  .map((line) =>
    row('td', [oneLine(line.name), String(line.quantity), money(line.price), money(line.subtotal)]),
  )
  .join('\n')}
</tbody>
<tfoot>
${amountsShown(order)
  .map(({ what, amount }) => row('td', [words(what), '', '', money(amount)], what))
  .join('\n')}
</tfoot>
</table>
</body>
</html>
`
}

function fact(name: string, lines: readonly string[]): [string, string] {
  return [name, lines.join('\n')]
}

function row(cell: 'th' | 'td', cells: readonly string[], name?: string): string {
  const start = name === undefined ? '<tr>' : `<tr class="${name}">`
  return `${start}${cells.map((text) => `<${cell}>${escapeHtml(text)}</${cell}>`).join('')}</tr>`
}

function addressLines(address: ShippingAddress): string[] {
  const place = [address.city, address.province, address.postal_code].filter((part) => part !== null)
  return [address.recipient, ...address.lines, place.join(', '), address.country, address.phone]
    .filter((line) => line !== null)
    .map(oneLine)
}

function percent({ tax_rate_basis_points: rate }: Order, language: Language): string {
  return new Intl.NumberFormat(language === 'id' ? 'id-ID' : 'en-GB', { maximumFractionDigits: 2 }).format(
    rate / 100,
  )
}
