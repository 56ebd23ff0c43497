import { createTransport } from 'nodemailer'
import { createTurns } from '../turns.ts'
import { MailFailure, type Post } from './mail.ts'
import { toMessage } from './message.ts'

type SmtpParts = { readonly smtpUrl: string; readonly from: string; readonly timeoutMs: number }

const CONNECTIONS = 5
/** A mail waits so long for a connection; only then its own time begins, so that no queue breaks a sending off. */
const QUEUE_MS = 10_000
const GREETING_MS = 5_000

/** Sends by SMTP: `smtps` with TLS from the start, `smtp` with STARTTLS where the server offers it. */
export function createSmtpPost({ smtpUrl, from, timeoutMs }: SmtpParts): Post {
  const turns = createTurns({ places: CONNECTIONS, acquireTimeoutMs: QUEUE_MS })
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS,
    idleTimeout: 10_000,
    // A connection that breaks may have delivered: whether to send again is the caller's decision.
    maxRequeues: 0,
    dnsTimeout: GREETING_MS,
    connectionTimeout: GREETING_MS,
    greetingTimeout: GREETING_MS,
    socketTimeout: timeoutMs,
  })
  return {
    async deliver(mail) {
      try {
        const giveBack = await turns.take()
        try {
          await transport.sendMail({ ...toMessage(mail, from), signal: AbortSignal.timeout(timeoutMs) })
        } finally {
          giveBack()
        }
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
