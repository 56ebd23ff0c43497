import { createTransport } from 'nodemailer'

const LIMIT_MS = 5_000

/** Signs in at the mail server and sends nothing; null when it would take mail, or else why not. */
export async function checkSmtp(smtpUrl: string): Promise<string | null> {
  const transport = createTransport({
    url: smtpUrl,
    dnsTimeout: LIMIT_MS,
    connectionTimeout: LIMIT_MS,
    greetingTimeout: LIMIT_MS,
    socketTimeout: LIMIT_MS,
  })
  try {
    await transport.verify()
    return null
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  } finally {
    transport.close()
  }
}
