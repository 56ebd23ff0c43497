import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import MailComposer from 'nodemailer/lib/mail-composer'
import { MailFailure, type Post } from './mail.ts'
import { toMessage } from './message.ts'

type FolderParts = { readonly folder: string; readonly from: string }

/** Keeps each mail as `<id>.eml`, whole or not at all; the same mail again is the same file. */
export function createMailFolder({ folder, from }: FolderParts): Post {
  return {
    async deliver(mail) {
      if (!/^[\w-]+$/.test(mail.id)) throw new TypeError('the id of a mail is the name of its file')
      const message = await new MailComposer({ ...toMessage(mail, from), newline: 'windows' })
        .compile()
        .build()
      const unfinished = join(folder, `.${mail.id}.${randomBytes(4).toString('hex')}`)
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 })
        await write(unfinished, message)
        await rename(unfinished, join(folder, `${mail.id}.eml`))
      } catch (error) {
        await rm(unfinished, { force: true }).catch(() => {})
        throw new MailFailure('the mail could not be written to its folder', {
          permanent: false,
          cause: error,
        })
      }
    },
    close() {},
  }
}

async function write(path: string, bytes: Buffer): Promise<void> {
  // It holds what a customer bought.
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}
