import type { Kysely, Transaction } from 'kysely'
import { findPerson, fullName, type PeopleTables } from '#modules/people'
import { type Actor, actorOf, type Call, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { allFileTypes } from '#platform/files/file-type'
import type { FilePurpose } from '#platform/files/files'
import type { UploadForm } from '#platform/files/upload'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getLockedTask, getTaskRow, viewerOf } from './access.ts'
import { commentEvent } from './comment-events.ts'
import {
  type CommentRow,
  findComment,
  findFiles,
  insertComment,
  listComments,
  readFileIds,
  toComment,
} from './comment-queries.ts'
import { type Comment, type CommentBody, type CommentQuery, MAX_COMMENT } from './comment-schemas.ts'
import { findVisibleTask } from './list-queries.ts'
import type { TaskParts } from './parts.ts'
import type { TaskTables } from './table.ts'

/** A file belongs to the comment that it was sent with, and is for those who may read the task. */
export function createTaskAttachments(db: Kysely<TaskTables>): FilePurpose {
  return {
    name: 'task_attachment',
    types: allFileTypes,
    async readers(call, file) {
      if (!may(call, 'tasks:read')) return false
      const comment = await findComment(db, file.owner_id)
      if (comment === undefined || !readFileIds(comment).includes(file.id)) return false
      return (await findVisibleTask(db, { id: comment.task_id, viewer: viewerOf(call) })) !== undefined
    },
  }
}

export type Comments = ReturnType<typeof createComments>

/** What is said about a task by those who may change it, with files or without. */
export function createComments(parts: TaskParts) {
  const { db, ids, files } = parts
  const purpose = createTaskAttachments(db)
  return {
    async listComments(call: Call, taskId: string, query: CommentQuery) {
      await getTaskRow(db, call, taskId)
      const page = await listComments(db, { taskId, request: toPageRequest(query) })
      const found = await findFiles(db, page.rows)
      return presentPage(page, (row) => toComment(row, found))
    },

    async postComment(call: Call<Comment>, taskId: string, body: CommentBody): Promise<Comment> {
      return await transaction(db, call, async (trx) =>
        toComment(
          await say(trx, { call, taskId, said: { id: ids.next(), text: body.text, fileIds: [] } }),
          new Map(),
        ),
      )
    },

    /** Keeps a file with a comment that may say nothing else. */
    async attachFile(call: Call<Comment>, taskId: string, form: UploadForm): Promise<Comment> {
      // Before anything is stored: not for a request that was answered, nor where nobody would read it.
      await call.companion?.recall(db)
      const text = wordsOf(form)
      await getTaskRow(db, call, taskId)
      const id = ids.next()
      const file = await files.storeUpload({ upload: form.upload, purpose, ownerId: id })
      try {
        return await transaction(db, call, async (trx) => {
          await files.keep(trx, file.id)
          const said = await say(trx, { call, taskId, said: { id, text, fileIds: [file.id] } })
          return toComment(said, new Map([[file.id, file]]))
        })
      } catch (error) {
        await files.discard(file.id)
        throw error
      }
    },
  }

  type Saying = {
    readonly call: Call
    readonly taskId: string
    readonly said: { readonly id: string; readonly text: string; readonly fileIds: readonly string[] }
  }

  async function say(trx: Transaction<TaskTables>, { call, taskId, said }: Saying): Promise<CommentRow> {
    const task = await getLockedTask(trx, call, taskId)
    const actor = actorOf(call)
    const row: CommentRow = {
      id: said.id,
      task_id: task.id,
      text: said.text.trim(),
      file_ids: said.fileIds.length === 0 ? null : JSON.stringify(said.fileIds),
      author_id: actor.userId,
      author_name: await nameOf(trx, actor),
      created_at: parts.clock.now(),
    }
    await insertComment(trx, row)
    await parts.outbox.append(trx, call, commentEvent(row, task))
    return row
  }
}

/** What somebody is called, whether or not an event has told of them yet. */
async function nameOf(db: Kysely<TaskTables>, { userId, email }: Actor): Promise<string> {
  const person = await findPerson(db.withTables<PeopleTables>(), userId)
  if (person === undefined) return email.slice(0, 200)
  return fullName(person).slice(0, 200)
}

/** `text` stands in the form beside the file, or nothing does. */
function wordsOf({ fields }: UploadForm): string {
  const text = fields['text'] ?? ''
  if (text.length <= MAX_COMMENT && !text.includes('\0')) return text
  throw invalidField({
    pointer: '/text',
    code: 'invalid',
    text: { en: 'is too long, or no text', id: 'terlalu panjang atau bukan teks' },
  })
}
