import { join } from 'node:path'
import { crashPoint } from '../crash-point.ts'
import { type Mail, MailFailure } from './mail.ts'
import { createMailFolder } from './mail-folder.ts'
import { createSmtpPost } from './smtp-post.ts'

export type Mailer = {
  /** Resolves once somebody else answers for the mail. Throws a MailFailure, in 25 seconds at the latest. */
  readonly send: (mail: Mail) => Promise<void>
  readonly close: () => void
}

type MailerParts = {
  /** Null: nothing is sent, and each mail becomes a file. */
  readonly smtpUrl: string | null
  /** An address, or a name and an address in angle brackets. */
  readonly from: string
  /** The data folder; files go to `mail` in it. */
  readonly directory: string
  /** For one mail, from its turn at a connection to the server's last word. */
  readonly timeoutMs?: number
}

/** Neither white space nor what would make two recipients of one, or another header. */
const ADDRESS = /^[^\s\p{Cc}<>",;:()@]+@[^\s\p{Cc}<>",;:()@]+$/u

export function createMailer({ smtpUrl, from, directory, timeoutMs = 15_000 }: MailerParts): Mailer {
  const post =
    smtpUrl === null
      ? createMailFolder({ folder: join(directory, 'mail'), from })
      : createSmtpPost({ smtpUrl, from, timeoutMs })

  return {
    async send(mail) {
      if (!ADDRESS.test(mail.to))
        throw new MailFailure('this is not an address that mail can go to', { permanent: true })
      crashPoint('mail.before-send')
      await post.deliver(mail)
      crashPoint('mail.after-send')
    },
    close: () => post.close(),
  }
}
