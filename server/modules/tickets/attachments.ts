import type { Kysely } from 'kysely'
import { type Call, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { allFileTypes } from '#platform/files/file-type'
import type { FilePurpose, Files } from '#platform/files/files'
import type { UploadForm } from '#platform/files/upload'
import { viewerOf } from './access.ts'
import { findVisibleTicket } from './list-queries.ts'
import { findMessage } from './message-queries.ts'
import { MAX_MESSAGE, type Message, type SpokenKind, spokenKinds } from './message-schemas.ts'
import { readFileIds, toMessage } from './message-views.ts'
import { requireSpeaker, speak } from './messages.ts'
import type { TicketParts } from './parts.ts'
import type { TicketTables } from './table.ts'

/** A file belongs to the message that it was sent with, and is for those who may read that. */
export function createTicketAttachments(db: Kysely<TicketTables>): FilePurpose {
  return {
    name: 'ticket_attachment',
    types: allFileTypes,
    async readers(call, file) {
      if (!may(call, 'tickets:read')) return false
      const message = await findMessage(db, file.owner_id)
      if (message === undefined || !readFileIds(message).includes(file.id)) return false
      const viewer = viewerOf(call)
      if (message.kind === 'note' && viewer !== null) return false
      return (await findVisibleTicket(db, { reference: message.ticket_id, viewer })) !== undefined
    },
  }
}

export type Attachments = ReturnType<typeof createAttachments>

/** A picture, a document or a text that is sent with a message, or as one. */
export function createAttachments(parts: TicketParts & { readonly files: Files }) {
  const { db, ids, files } = parts
  const purpose = createTicketAttachments(db)
  return {
    async attachFile(call: Call<Message>, reference: string, form: UploadForm): Promise<Message> {
      // Before anything is stored: not for a request that was answered, nor where nobody would read it.
      await call.companion?.recall(db)
      const spoken = { id: ids.next(), ...wordsOf(form) }
      await requireSpeaker(db, call, { reference, kind: spoken.kind })
      const file = await files.storeUpload({ upload: form.upload, purpose, ownerId: spoken.id })
      try {
        return await transaction(db, call, async (trx) => {
          await files.keep(trx, file.id)
          const said = await speak(parts, trx, {
            call,
            reference,
            spoken: { ...spoken, fileIds: [file.id] },
          })
          return toMessage(said, new Map([[file.id, file]]))
        })
      } catch (error) {
        await files.discard(file.id)
        throw error
      }
    },
  }
}

/** What stands in the form beside the file: `kind` and `text`, both as in a message without one. */
function wordsOf({ fields }: UploadForm): { readonly kind: SpokenKind; readonly text: string } {
  const wanted = fields['kind'] ?? 'reply'
  const kind = spokenKinds.find((each) => each === wanted)
  if (kind === undefined)
    throw invalidField({
      pointer: '/kind',
      code: 'invalid',
      text: { en: 'must be reply or note', id: 'harus reply atau note' },
    })
  const text = fields['text']?.trim() ?? ''
  if (text.length > MAX_MESSAGE || text.includes('\0'))
    throw invalidField({
      pointer: '/text',
      code: 'invalid',
      text: { en: 'is too long, or no text', id: 'terlalu panjang atau bukan teks' },
    })
  return { kind, text }
}
