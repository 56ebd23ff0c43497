import type { Kysely, Selectable } from 'kysely'
import { AppError } from '#platform/errors'
import type { StoredFile } from '#platform/files/files'
import type { Log } from '#platform/telemetry/log'
import { beforehand, CLOCKS_MS, type DeskParts } from './deliver-incident.ts'
import type { InvgateComment, InvgateFile, NewInvgateComment } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import { readHtml, toHtml } from './invgate/html.ts'
import type { TicketMessageTable, TicketTables } from './table.ts'

export type MessageRow = Selectable<TicketMessageTable>

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

type CommentParts = DeskParts & { readonly log: Log }

/** What was said here, as it is said at InvGate. */
export async function describeComment(
  parts: CommentParts,
  { message, authorId }: Omit<Saying, 'incidentId'>,
): Promise<NewInvgateComment> {
  return await beforehand(async () => ({
    text: message.text,
    authorId: (await parts.users.provide(authorId)).id ?? 0,
    isPublic: true,
    isSolution: message.kind === 'solution',
    files: await readFiles(parts, message),
  }))
}

/**
 * The comment at InvGate that is our message; null where there is none that is not another message's. What the same
 * person has said before in the same words is a comment as well, whether or not we know which.
 */
export async function findSaid(
  { bridge, users }: DeskParts,
  db: Kysely<TicketTables>,
  { incidentId, message, authorId }: Saying,
): Promise<InvgateComment | null> {
  const author = await beforehand(async () => await users.provide(authorId))
  const comments = await bridge.desk.listComments(incidentId)
  const others = await listOtherMessages(db, message)
  const words = asInvgateKeeps(message.text)
  const earlier = others.filter(
    (other) =>
      other.invgate_key === null &&
      other.author_id === message.author_id &&
      asInvgateKeeps(other.text) === words &&
      isBefore(other, message),
  )
  const sinceMs = Math.min(...[message, ...earlier].map(({ created_at: at }) => at.getTime())) - CLOCKS_MS
  const taken = new Set(others.map(({ invgate_key: key }) => key))
  const free = comments
    .filter(
      ({ id, authorId: by, text, createdAt }) =>
        by === author.id &&
        text === words &&
        createdAt.getTime() >= sinceMs &&
        !taken.has(keyOfComment(incidentId, id)),
    )
    .toSorted((one, other) => one.createdAt.getTime() - other.createdAt.getTime())
  return free[earlier.length] ?? null
}

/** Everything else that was said at the ticket and is not for the desk alone. */
async function listOtherMessages(
  db: Kysely<TicketTables>,
  { id, ticket_id: ticketId }: MessageRow,
): Promise<readonly MessageRow[]> {
  return await db
    .selectFrom('ticket_messages')
    .selectAll()
    .where('ticket_id', '=', ticketId)
    .where('id', '!=', id)
    .where('kind', '!=', 'note')
    .execute()
}

function isBefore(one: MessageRow, other: MessageRow): boolean {
  const apartMs = one.created_at.getTime() - other.created_at.getTime()
  return apartMs < 0 || (apartMs === 0 && one.id < other.id)
}

/** How a message here names the comment there; unique. */
export function keyOfComment(incidentId: string, commentId: string): string {
  return `${incidentId}/${commentId}`
}

/** A plain text after its way through InvGate's HTML, which may change its white space. */
export function asInvgateKeeps(text: string): string {
  return readHtml(toHtml(text)).text
}

async function readFiles(parts: CommentParts, { file_ids: text }: MessageRow): Promise<InvgateFile[]> {
  if (text === null) return []
  const ids: unknown = JSON.parse(text)
  const read: InvgateFile[] = []
  for (const id of Array.isArray(ids) ? ids : []) {
    const file = await parts.bridge.files.find(String(id))
    const content = file === undefined ? null : await readContent(parts, file)
    if (file !== undefined && content !== null) read.push({ name: file.name, mediaType: file.type, content })
  }
  return read
}

/** Null for a file that the store has lost: the words go without it. A store out of reach has it again later. */
async function readContent(
  { bridge, log }: CommentParts,
  file: Pick<StoredFile, 'id'>,
): Promise<Buffer | null> {
  try {
    return await bridge.files.readUpload(file)
  } catch (error) {
    if (error instanceof AppError && error.code === 'file_not_found') {
      log.warn({ err: error, file: file.id }, 'a file is lost; InvGate is told the message without it')
      return null
    }
    throw new InvgateFailure({
      code: 'unprepared',
      message: 'a file of the message cannot be read',
      mayBeDone: false,
      cause: error,
    })
  }
}
