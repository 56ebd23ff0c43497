import type { SendMailOptions } from 'nodemailer'
import type { Mail } from './mail.ts'

/** What nodemailer makes an RFC 5322 message of: the same bytes for the same mail. */
export function toMessage({ id, to, subject, text, html, date }: Mail, from: string): SendMailOptions {
  const sender = readMailbox(from)
  const [, host = 'localhost'] = sender.address.split('@')
  return {
    from: sender,
    // As an object, an address is taken as it is and not read as a list of them.
    to: { name: '', address: to },
    subject: subject.replace(/[\s\p{Cc}]+/gu, ' ').trim(),
    text,
    html,
    date,
    messageId: `<${id}@${host}>`,
    baseBoundary: id,
    // RFC 3834: no holiday notice shall answer.
    headers: { 'Auto-Submitted': 'auto-generated' },
    disableFileAccess: true,
    disableUrlAccess: true,
  }
}

/** An address, or a name, with or without quotes, and an address in angle brackets. */
function readMailbox(mailbox: string): { name: string; address: string } {
  const [, name = '', address = mailbox] = /^([^<]*)<([^<>]+)>$/.exec(mailbox.trim()) ?? []
  return { name: name.trim().replace(/^"(.*)"$/, '$1'), address: address.trim() }
}
