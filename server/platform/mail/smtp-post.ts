import { createTransport } from 'nodemailer'
import { MailFailure, type Post } from './mail.ts'
import { toMessage } from './message.ts'

type SmtpParts = { readonly smtpUrl: string; readonly from: string; readonly timeoutMs: number }

/** Sends by SMTP: `smtps` with TLS from the start, `smtp` with STARTTLS where the server offers it. */
export function createSmtpPost({ smtpUrl, from, timeoutMs }: SmtpParts): Post {
  const stepMs = Math.min(timeoutMs, 10_000)
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 2,
    idleTimeout: 10_000,
    // A connection that breaks may have delivered: whether to send again is the caller's decision.
    maxRequeues: 0,
    dnsTimeout: stepMs,
    connectionTimeout: stepMs,
    greetingTimeout: stepMs,
    socketTimeout: stepMs,
  })
  return {
    async deliver(mail) {
      try {
        await transport.sendMail({ ...toMessage(mail, from), signal: AbortSignal.timeout(timeoutMs) })
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new MailFailure(message, { permanent: isAboutTheMail(error), cause: error })
      }
    },
    close: () => transport.close(),
  }
}

/**
 * Whether the server refused this recipient or this message for good (5xx). What it says of the sender, the sign-in
 * or the connection is about our settings, which somebody can put right.
 */
function isAboutTheMail(error: unknown): boolean {
  if (!(error instanceof Error) || !('permanent' in error) || !('command' in error)) return false
  return error.permanent === true && (error.command === 'RCPT TO' || error.command === 'DATA')
}
