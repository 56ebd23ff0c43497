import type { Transaction } from 'kysely'
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
import type { WorkOrderTables } from './table.ts'

export const workOrderPhotos: FilePurpose = {
  name: 'work_order_photo',
  types: imageTypes,
  readers: (call) => may(call, 'workorders:read'),
}

type NewComment = { readonly workOrderId: string; readonly text: string | null }

export type Comments = ReturnType<typeof createComments>

/**
 * What is said and shown about an order, at any time, by anybody on the shop floor. A comment is a record of its own
 * that never changes, and leaves its order as it is: who watches the order for changes is not woken by talk.
 */
export function createComments({
  db,
  clock,
  ids,
  outbox,
  files,
}: Pick<WorkOrderParts, 'db' | 'clock' | 'ids' | 'outbox'> & { readonly files: Files }) {
  return {
    async comment(call: Call<Comment>, { workOrderId, text }: NewComment): Promise<Comment> {
      return await transaction(
        db,
        call,
        async (trx) => await write(trx, call, newRow(call, { workOrderId, text, fileIds: [] })),
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
          return await write(trx, call, newRow(call, { workOrderId, text, fileIds: [file.id] }))
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

  function newRow(
    call: Call,
    { workOrderId, text, fileIds }: NewComment & { readonly fileIds: readonly string[] },
  ): CommentRow {
    return {
      id: ids.next(),
      work_order_id: workOrderId,
      text: text?.trim() ?? null,
      file_ids: fileIds.length === 0 ? null : JSON.stringify(fileIds),
      author_id: actorOf(call).userId,
      created_at: clock.now(),
    }
  }

  async function write(trx: Transaction<WorkOrderTables>, call: Call, row: CommentRow): Promise<Comment> {
    const order = await findWorkOrder(trx, row.work_order_id)
    if (order === undefined) throw refuse('work_order_not_found')
    const view = toComment(row)
    await insertComment(trx, row)
    await outbox.append(trx, call, workOrderCommented(view, order))
    return view
  }
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
