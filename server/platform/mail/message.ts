import type { SendMailOptions } from 'nodemailer'
import type { Mail } from './mail.ts'

/** What nodemailer makes an RFC 5322 message of: the same bytes for the same mail. */
export function toMessage({ id, to, subject, text, html, date }: Mail, from: string): SendMailOptions {
  const [, host = 'localhost'] = /@([^\s<>@]+)>?$/.exec(from) ?? []
  return {
    from,
    // As an object, the address is taken as it is and not read as a list of them.
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
