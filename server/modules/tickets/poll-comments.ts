import type { Transaction } from 'kysely'
import { findPerson, fullName } from '#modules/people'
import { type Call, systemCall } from '#platform/call'
import { asInvgateKeeps, keyOfComment } from './deliver-comment.ts'
import { CLOCKS_MS } from './deliver-incident.ts'
import { readStatusPayload } from './deliver-payloads.ts'
import type { DeliveryRow } from './deliver-queries.ts'
import { isBridgeText } from './deliver-words.ts'
import { isAtDesk } from './edit-ticket.ts'
import type { InvgateComment } from './invgate/contract.ts'
import type { MessageKind } from './lifecycle.ts'
import { addMessage } from './message-changes.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import { listAccounts, listSaid, nameMessage } from './poll-queries.ts'
import type { HeardComment } from './poll-rules.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

const call: Call<unknown> = systemCall
/** An event carries the text of a message, and carriers bear no more than a megabyte. */
const LONGEST_TEXT = 100_000
const NO_TEXT = '(…)'

type Talk = {
  /** Locked. */
  readonly row: TicketRow
  readonly incidentId: string
  readonly comments: readonly InvgateComment[]
  /** What InvGate was told of the ticket's moves. */
  readonly moves: readonly Pick<DeliveryRow, 'payload'>[]
}

/**
 * Takes in what was said at InvGate and is not here yet, each comment once; our own words there only get the name of
 * their comment. Answers what was new, in its sequence.
 */
export async function mergeComments(
  parts: Pick<TicketParts, 'ids' | 'outbox'>,
  trx: Transaction<TicketTables>,
  { row, incidentId, comments, moves }: Talk,
): Promise<readonly HeardComment[]> {
  const said = await listSaid(trx, row.id)
  const known = new Set(said.map(({ invgate_key: key }) => key))
  const fresh = comments
    .filter(({ id }) => !known.has(keyOfComment(incidentId, id)))
    .toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || Number(a.id) - Number(b.id))
  if (fresh.length === 0) return []
  const ours = said.filter(
    ({ kind, invgate_key: key, author_id: author }) => kind !== 'note' && key === null && author !== null,
  )
  const accounts = await listAccounts(trx, {
    accounts: [...new Set(fresh.flatMap(({ authorId }) => authorId ?? []))],
    userIds: [...new Set([row.customer_id, ...ours.flatMap(({ author_id: id }) => id ?? [])])],
  })
  const added: HeardComment[] = []
  for (const comment of fresh) {
    const key = keyOfComment(incidentId, comment.id)
    const users = accounts.filter(({ account }) => account === comment.authorId).map(({ userId }) => userId)
    const own = ours.findIndex((message) => isSame(message, { comment, users }))
    const [mine] = own < 0 ? [] : ours.splice(own, 1)
    if (mine !== undefined) {
      await nameMessage(trx, mine.id, { commentId: comment.id, key })
      continue
    }
    if (isOfBridge({ comment, users, moves })) continue
    const userId = await findSpeaker(trx, row, users)
    const heard: HeardComment = { ...comment, text: clean(comment.text), userId }
    await addMessage(parts, trx, {
      call,
      row,
      message: {
        id: parts.ids.next(),
        kind: kindOf(comment),
        text: heard.text,
        fileIds: [],
        authorId: userId,
        authorName: await nameOf(trx, heard),
        createdAt: comment.createdAt,
        invgate: { id: comment.id, key },
      },
    })
    added.push(heard)
  }
  return added
}

/**
 * Who of those with the author's account is named. Addresses are not verified here: whoever registers with an agent's
 * gets that agent's account, and must not be taken for them in the tickets of others.
 */
async function findSpeaker(
  trx: Transaction<TicketTables>,
  { customer_id: customerId, creator_id: creatorId }: TicketRow,
  users: readonly string[],
): Promise<string | null> {
  const party = [customerId, creatorId].find((id) => users.includes(id))
  if (party !== undefined) return party
  for (const id of users) if (await isAtDesk(trx, id)) return id
  return null
}

/** What InvGate keeps from the customer is kept from them here, whatever else it is. */
function kindOf({ isPublic, isSolution }: InvgateComment): MessageKind {
  if (!isPublic) return 'note'
  return isSolution ? 'solution' : 'reply'
}

type Ours = Awaited<ReturnType<typeof listSaid>>[number]
type There = { readonly comment: InvgateComment; readonly users: readonly string[] }

/** Whether a comment is a message of ours on its way back, also of one that nobody knows yet to have arrived. */
function isSame({ author_id: author, text, created_at: at }: Ours, { comment, users }: There): boolean {
  return (
    comment.isPublic &&
    author !== null &&
    users.includes(author) &&
    comment.createdAt.getTime() >= at.getTime() - CLOCKS_MS &&
    comment.text === asInvgateKeeps(text)
  )
}

/** Whether the bridge itself had to find these words, because a move at InvGate has some and ours had none. */
function isOfBridge({ comment, users, moves }: There & Pick<Talk, 'moves'>): boolean {
  return moves.some(({ payload }) => {
    const move = readStatusPayload(payload)
    return users.includes(move.actorId) && isBridgeText(move.to, comment.text)
  })
}

/** PostgreSQL keeps no NUL, and nobody half a letter. */
function clean(text: string): string {
  const kept = text.replaceAll('\0', '').toWellFormed().trim()
  if (kept === '') return NO_TEXT
  return kept.length <= LONGEST_TEXT ? kept : `${kept.slice(0, LONGEST_TEXT).toWellFormed()}…`
}

async function nameOf(
  trx: Transaction<TicketTables>,
  { userId, authorId }: Pick<HeardComment, 'userId' | 'authorId'>,
): Promise<string> {
  const person = userId === null ? undefined : await findPerson(peopleIn(trx), userId)
  if (person !== undefined) return fullName(person).slice(0, 250)
  return authorId === null ? 'InvGate' : `InvGate #${authorId}`
}
