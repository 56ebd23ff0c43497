import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { listPage, type Page, type PageRequest } from '#platform/database/pages'
import { filePath } from '#platform/files/files'
import type { Comment } from './comment-schemas.ts'
import type { TaskCommentTable, TaskTables } from './table.ts'

export type CommentRow = Selectable<TaskCommentTable>
type FileFacts = Omit<Comment['files'][number], 'url'>

const fileIds = Compile(Type.Array(Type.String()))

export async function insertComment(
  trx: Transaction<TaskTables>,
  row: Insertable<TaskCommentTable>,
): Promise<void> {
  await trx.insertInto('task_comments').values(row).execute()
}

export async function findComment(db: Kysely<TaskTables>, id: string): Promise<CommentRow | undefined> {
  return await db.selectFrom('task_comments').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Oldest first. */
export async function listComments(
  db: Kysely<TaskTables>,
  { taskId, request }: { readonly taskId: string; readonly request: Omit<PageRequest, 'page'> },
): Promise<Page<CommentRow>> {
  const found = db.selectFrom('task_comments').where('task_id', '=', taskId)
  return await listPage({
    query: found.selectAll('task_comments'),
    sort: { column: 'task_comments.created_at', holds: 'time', descending: false },
    sortValueOf: (row) => row.created_at,
    request,
  })
}

/** The files that hang on tasks, with all their comments. */
export async function listFileIds(db: Kysely<TaskTables>, taskIds: readonly string[]): Promise<string[]> {
  if (taskIds.length === 0) return []
  const rows = await db
    .selectFrom('task_comments')
    .select('file_ids')
    .where('task_id', 'in', taskIds)
    .where('file_ids', 'is not', null)
    .execute()
  return rows.flatMap(readFileIds)
}

/** The files that comments name, by their ids. */
export async function findFiles(
  db: Kysely<TaskTables>,
  rows: readonly CommentRow[],
): Promise<ReadonlyMap<string, FileFacts>> {
  const ids = rows.flatMap(readFileIds)
  if (ids.length === 0) return new Map()
  const files = await db
    .selectFrom('files')
    .select(['id', 'name', 'type', 'bytes'])
    .where('id', 'in', ids)
    .execute()
  return new Map(files.map((file) => [file.id, file]))
}

export function readFileIds({ file_ids: text }: Pick<CommentRow, 'file_ids'>): string[] {
  return text === null ? [] : fileIds.Parse(JSON.parse(text))
}

export function toComment(row: CommentRow, files: ReadonlyMap<string, FileFacts>): Comment {
  return {
    id: row.id,
    task_id: row.task_id,
    text: row.text,
    files: readFileIds(row)
      .map((id) => files.get(id))
      .filter((file) => file !== undefined)
      .map(({ id, name, type, bytes }) => ({ id, name, type, bytes, url: filePath(id) })),
    author_id: row.author_id,
    author_name: row.author_name,
    created_at: row.created_at.toISOString(),
  }
}
