import type { Kysely, Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { actorOf, type Call, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { imageTypes } from '#platform/files/file-type'
import { type FilePurpose, type Files, filePath } from '#platform/files/files'
import type { Upload } from '#platform/files/upload'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type CommentRow, insertComment, listComments } from './comment-queries.ts'
import type { Comment, CommentQuery } from './comment-schemas.ts'
import { refuse } from './errors.ts'
import { workOrderCommented } from './events.ts'
import type { WorkOrderParts } from './parts.ts'
import { findWorkOrder } from './queries.ts'
import { isFileOfWorkOrder } from './rework-queries.ts'
import type { WorkOrderTables } from './table.ts'

export const workOrderPhotos: FilePurpose = {
  name: 'work_order_photo',
  types: imageTypes,
  readers: (call) => may(call, 'workorders:read'),
}

/**
 * Lets those who read work orders read the files of other modules that were sent along with one, besides all whom such
 * a file is for anyway.
 */
export function shownWithWorkOrders(db: Kysely<WorkOrderTables>, purpose: FilePurpose): FilePurpose {
  const { readers } = purpose
  if (readers === 'everybody') return purpose
  return {
    ...purpose,
    readers: async (call, file) =>
      (await readers(call, file)) || (may(call, 'workorders:read') && (await isFileOfWorkOrder(db, file.id))),
  }
}

type NewComment = { readonly workOrderId: string; readonly text: string | null }
type WholeComment = NewComment & { readonly fileIds: readonly string[]; readonly authorId: string | null }

export type Comments = ReturnType<typeof createComments>

/**
 * What is said and shown about an order, at any time, by anybody on the shop floor. A comment is a record of its own
 * that never changes, and leaves its order as it is: who watches the order for changes is not woken by talk.
 */
export function createComments({
  db,
  files,
  ...parts
}: Pick<WorkOrderParts, 'db' | 'clock' | 'ids' | 'outbox'> & { readonly files: Files }) {
  return {
    async comment(call: Call<Comment>, { workOrderId, text }: NewComment): Promise<Comment> {
      return await transaction(
        db,
        call,
        async (trx) => await write(trx, call, { workOrderId, text, fileIds: [] }),
      )
    },

    async addPhoto(call: Call<Comment>, { workOrderId, text }: NewComment, upload: Upload): Promise<Comment> {
      // Before anything is stored: not for a request that was answered, nor for an order that is not there.
      await call.companion?.recall(db)
      if ((await findWorkOrder(db, workOrderId)) === undefined) throw refuse('work_order_not_found')
      const file = await files.storeUpload({
        upload,
        purpose: workOrderPhotos,
        ownerId: actorOf(call).userId,
      })
      try {
        return await transaction(db, call, async (trx) => {
          await files.keep(trx, file.id)
          return await write(trx, call, { workOrderId, text, fileIds: [file.id] })
        })
      } catch (error) {
        await files.discard(file.id)
        throw error
      }
    },

    async listComments(workOrderId: string, query: CommentQuery) {
      if ((await findWorkOrder(db, workOrderId)) === undefined) throw refuse('work_order_not_found')
      const page = await listComments(db, {
        workOrderId,
        descending: query.sort !== 'created_at',
        request: toPageRequest(query),
      })
      return presentPage(page, toComment)
    },
  }

  async function write(
    trx: Transaction<WorkOrderTables>,
    call: Call,
    comment: Omit<WholeComment, 'authorId'>,
  ): Promise<Comment> {
    const authorId = actorOf(call).userId
    return await writeComment(parts, trx, { call, comment: { ...comment, authorId } })
  }
}

type Writing = { readonly call: Call; readonly comment: WholeComment }

/** Writes a comment of an order, and tells of it. */
export async function writeComment(
  { clock, ids, outbox }: Pick<WorkOrderParts, 'clock' | 'ids' | 'outbox'>,
  trx: Transaction<WorkOrderTables>,
  { call, comment: { workOrderId, text, fileIds: shown, authorId } }: Writing,
): Promise<Comment> {
  const order = await findWorkOrder(trx, workOrderId)
  if (order === undefined) throw refuse('work_order_not_found')
  const row: CommentRow = {
    id: ids.next(),
    work_order_id: workOrderId,
    text: text?.trim() ?? null,
    file_ids: shown.length === 0 ? null : JSON.stringify(shown),
    author_id: authorId,
    created_at: clock.now(),
  }
  const view = toComment(row)
  await insertComment(trx, row)
  await outbox.append(trx, call, workOrderCommented(view, order))
  return view
}

const fileIds = Compile(Type.Array(Type.String()))

function toComment(row: CommentRow): Comment {
  const photos = row.file_ids === null ? [] : fileIds.Parse(JSON.parse(row.file_ids))
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    text: row.text,
    photos: photos.map((id) => ({ id, url: filePath(id) })),
    author_id: row.author_id,
    created_at: row.created_at.toISOString(),
  }
}
