import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Evidence, rowsOf } from './evidence.ts'
import { each, type Violation } from './violation.ts'

/** A mail as somebody received it. A repeat has the same `messageId`: a mail server may be told twice, a reader not. */
export type ReceivedMail = {
  readonly messageId: string
  readonly text: string
}

/** The `.eml` files of a folder. */
export async function readMailFolder(folder: string): Promise<ReceivedMail[]> {
  const files = await readdir(folder).catch((error: unknown) => {
    // Made with the first mail.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw error
  })
  const mails = files.filter((file) => file.endsWith('.eml') && !file.startsWith('.'))
  return await Promise.all(mails.map(async (file) => toMail(await readFile(join(folder, file), 'utf8'))))
}

/** What an SMTP sink wrote down: a line of JSON for each mail, with the message itself in `raw`. */
export async function readMailLog(file: string): Promise<ReceivedMail[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')
  return lines.map((line) => {
    const value: unknown = JSON.parse(line)
    const raw: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'raw') : undefined
    if (typeof raw !== 'string') throw new TypeError(`${file}: a line has no mail in \`raw\``)
    return toMail(raw)
  })
}

/** Takes as much of a message apart as is needed to find an order's number in it (RFC 5322, RFC 2045). */
export function toMail(raw: string): ReceivedMail {
  const messageId = /^message-id:\s*(\S+)/im.exec(raw)?.[1]
  if (messageId === undefined) throw new TypeError('a mail has no Message-ID')
  const parts = raw.split(/^--.*$/m).map((part) => {
    const [head = '', ...body] = part.replace(/^\r?\n/, '').split(/\r?\n\r?\n/)
    const text = body.join('\n\n')
    const encoding = /^content-transfer-encoding:\s*(\S+)/im.exec(head)?.[1]?.toLowerCase()
    return `${head}\n${encoding === 'base64' ? Buffer.from(text, 'base64').toString() : text}`
  })
  return { messageId, text: parts.join('\n').replace(/=\r?\n/g, '') }
}

/** Letters about tickets name any order that people write of. */
const TICKET = /^subject:.*\bTCK-\d{6}/im

type Ordered = { readonly id: string; readonly number: string }

/** Every order was confirmed by one mail, however often that arrived, and no mail names two or none. */
export async function checkMails(
  { db, isSettled }: Evidence,
  mails: readonly ReceivedMail[],
): Promise<Violation[]> {
  const orders = await rowsOf<Ordered>(db, 'select id, number from orders')
  const byNumber = new Map(orders.map((order) => [order.number, order]))
  const texts = new Map(mails.map(({ messageId, text }) => [messageId, text]))
  const confirmations = new Map<string, string[]>()
  const strange: string[] = []
  for (const [messageId, text] of texts) {
    if (TICKET.test(text)) continue
    const named = [...new Set(text.match(/[\w-]+/g))].filter((word) => byNumber.has(word))
    if (named.length !== 1) strange.push(`${messageId} names ${named.length} orders`)
    for (const number of named) confirmations.set(number, [...(confirmations.get(number) ?? []), messageId])
  }
  const missing = orders.filter(({ number }) => isSettled && !confirmations.has(number))
  const repeated = [...confirmations].filter(([, ids]) => ids.length > 1)
  return [
    ...each('I4', strange, (mail) => `the mail ${mail}`),
    ...each(
      'I3-effect',
      missing.map(({ number }) => number),
      (number) => `the order ${number} was never confirmed by mail`,
    ),
    ...each(
      'I3-effect',
      repeated.map(([number, ids]) => `${number} was confirmed by ${ids.length} mails: ${ids.join(', ')}`),
      (what) => `the order ${what}`,
    ),
  ]
}
