export type Mail = {
  /** The same whenever the same mail is sent again: it becomes the Message-ID, and the name of the file. */
  readonly id: string
  /** One address, without a name. */
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly date: Date
}

/** How a mail leaves: with an SMTP server, or as a file. */
export type Post = {
  readonly deliver: (mail: Mail) => Promise<void>
  readonly close: () => void
}

/** A mail that did not go out, as far as we know. `permanent`: the same mail will never be taken. */
export class MailFailure extends Error {
  readonly permanent: boolean

  constructor(message: string, { permanent, cause }: { permanent: boolean; cause?: unknown }) {
    super(message, { cause })
    this.name = 'MailFailure'
    this.permanent = permanent
  }
}
