import { Type } from 'typebox'
import { Compile } from 'typebox/compile'
import { knownWord } from '#platform/database/words'
import { filePath } from '#platform/files/files'
import { messageKinds } from './lifecycle.ts'
import type { FileRow, MessageRow } from './message-queries.ts'
import type { Message } from './message-schemas.ts'

const fileIds = Compile(Type.Array(Type.String()))

export function readFileIds({ file_ids: text }: Pick<MessageRow, 'file_ids'>): string[] {
  return text === null ? [] : fileIds.Parse(JSON.parse(text))
}

export function writeFileIds(ids: readonly string[]): string | null {
  return ids.length === 0 ? null : JSON.stringify(ids)
}

export function toMessage(row: MessageRow, files: ReadonlyMap<string, FileRow>): Message {
  return {
    id: row.id,
    ticket_id: row.ticket_id,
    kind: knownWord(messageKinds, row.kind, `the message ${row.id}`),
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
