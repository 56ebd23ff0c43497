import type { Kysely, Selectable } from 'kysely'
import { beforehand, type DeskParts } from './deliver-incident.ts'
import type { InvgateComment, InvgateFile } from './invgate/contract.ts'
import { readHtml, toHtml } from './invgate/html.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import type { TicketMessageTable, TicketTables } from './table.ts'

export type MessageRow = Selectable<TicketMessageTable>

/** The clocks of two machines differ by less. */
export const CLOCKS_MS = 120_000

type Saying = {
  readonly incidentId: string
  readonly message: MessageRow
  /** Our user in whose name it is said. */
  readonly authorId: string
}

export async function findDeliveredMessage(
  db: Kysely<TicketTables>,
  id: string,
): Promise<MessageRow | undefined> {
  return await db.selectFrom('ticket_messages').selectAll().where('id', '=', id).executeTakeFirst()
}

/** Says at InvGate what was said here. */
export async function say(
  { bridge, users }: DeskParts,
  { incidentId, message, authorId }: Saying,
): Promise<void> {
  const comment = await beforehand(async () => ({
    text: message.text,
    authorId: (await users.provide(authorId)).id ?? 0,
    isPublic: true,
    isSolution: message.kind === 'solution',
    files: await readFiles(bridge, message),
  }))
  await bridge.desk.comment(incidentId, comment)
}

/** The comment at InvGate that is our message; null where there is none that is not another message's. */
export async function findSaid(
  { bridge, users }: DeskParts,
  db: Kysely<TicketTables>,
  { incidentId, message, authorId }: Saying,
): Promise<InvgateComment | null> {
  const author = await beforehand(async () => await users.provide(authorId))
  const comments = await bridge.desk.listComments(incidentId)
  const words = asInvgateKeeps(message.text)
  const alike = comments.filter(
    (comment) =>
      comment.authorId === author.id &&
      comment.text === words &&
      comment.createdAt.getTime() >= message.created_at.getTime() - CLOCKS_MS,
  )
  if (alike.length === 0) return null
  const keys = alike.map(({ id }) => keyOfComment(incidentId, id))
  const taken = await db
    .selectFrom('ticket_messages')
    .select(['id', 'invgate_key'])
    .where('invgate_key', 'in', keys)
    .where('id', '!=', message.id)
    .execute()
  return (
    alike.find(({ id }) => taken.every(({ invgate_key: key }) => key !== keyOfComment(incidentId, id))) ??
    null
  )
}

/** How a message here names the comment there; unique. */
export function keyOfComment(incidentId: string, commentId: string): string {
  return `${incidentId}/${commentId}`
}

/** A plain text after its way through InvGate's HTML, which may change its white space. */
export function asInvgateKeeps(text: string): string {
  return readHtml(toHtml(text)).text
}

async function readFiles(
  { files }: Pick<InvgateBridge, 'files'>,
  { file_ids: text }: MessageRow,
): Promise<InvgateFile[]> {
  if (text === null) return []
  const ids: unknown = JSON.parse(text)
  const read: InvgateFile[] = []
  for (const id of Array.isArray(ids) ? ids : []) {
    const file = await files.find(String(id))
    if (file === undefined) continue
    read.push({ name: file.name, mediaType: file.type, content: await files.readUpload(file) })
  }
  return read
}
