import type { Log } from '#platform/telemetry/log'
import {
  describeComment,
  findDeliveredMessage,
  findSaid,
  keyOfComment,
  type MessageRow,
} from './deliver-comment.ts'
import { beforehand, type DeskParts, describeIncident, findMade, keepCreator } from './deliver-incident.ts'
import {
  readCommentPayload,
  readCreatePayload,
  readStatusPayload,
  type StatusPayload,
} from './deliver-payloads.ts'
import type { DeliveryRow } from './deliver-queries.ts'
import type { DeliveredMove } from './deliver-queue.ts'
import { NO_REASON_TEXT, SOLVED_TEXT } from './deliver-words.ts'
import type { InvgateMove, InvgateStatus } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { TicketParts } from './parts.ts'
import type { TicketRow } from './queries.ts'
import { GONE_TEXT } from './seen-status.ts'

/** What came of a delivery that is done. */
export type Delivered = {
  /** Of a ticket that was made. */
  readonly incidentId?: string
  /** Which comment at InvGate our message is. */
  readonly said?: { readonly messageId: string; readonly commentId: string; readonly key: string }
  /** Why there was nothing to be done. */
  readonly note?: string
}

type Task = { readonly row: TicketRow; readonly delivery: DeliveryRow }

export type DeliveryWork = {
  /** Looks whether InvGate has done it already; null where it has not. Nothing is done by looking. */
  readonly look: (task: Task) => Promise<Delivered | null>
  /** Asks for everything that it needs; only what is answered does it. */
  readonly prepare: (task: Task) => Promise<Request>
}

type Request = () => Promise<Delivered>

type WorkParts = DeskParts & Pick<TicketParts, 'db'> & { readonly log: Log }

const NOT_KNOWN = 'this dialect of InvGate does not know of this'

/** What each kind of delivery is at InvGate. Everything throws an InvgateFailure. */
export function createDeliveryWork(parts: WorkParts): DeliveryWork {
  const { bridge } = parts
  const { abilities } = bridge.desk
  return {
    async look({ row, delivery }) {
      if (delivery.kind === 'create') {
        const made = await findMade(parts, row, readCreatePayload(delivery.payload))
        return made === null ? null : { incidentId: made.id }
      }
      const incidentId = incidentOf(row)
      if (delivery.kind === 'comment') {
        const message = await messageOf(parts, readCommentPayload(delivery.payload).messageId)
        return message === null
          ? { note: 'nothing to say' }
          : await lookForMessage(parts, incidentId, message)
      }
      const payload = readStatusPayload(delivery.payload)
      if (payload.to === 'solved' && !isNone(payload.messageId)) {
        if (await isSaid(parts, payload.messageId)) return {}
        const message = await messageOf(parts, payload.messageId)
        if (message !== null) return await lookForMessage(parts, incidentId, message)
      }
      return (await isMoved(parts, incidentId, payload.to)) ? {} : null
    },

    async prepare({ row, delivery }) {
      if (delivery.kind === 'create') {
        const incident = await describeIncident(parts, row)
        await keepCreator(parts, delivery, incident)
        return async () => ({ incidentId: (await bridge.desk.create(incident)).id })
      }
      const incidentId = incidentOf(row)
      if (delivery.kind === 'comment') {
        if (!abilities.has('comments')) return nothing(NOT_KNOWN)
        const message = await messageOf(parts, readCommentPayload(delivery.payload).messageId)
        return message === null ? nothing('nothing to say') : await prepareMessage(parts, incidentId, message)
      }
      if (!abilities.has('moves')) return nothing(NOT_KNOWN)
      return await prepareMove(parts, incidentId, readStatusPayload(delivery.payload))
    },
  }
}

function nothing(note: string): Request {
  return async () => ({ note })
}

async function prepareMove(parts: WorkParts, incidentId: string, payload: StatusPayload): Promise<Request> {
  const { bridge, users } = parts
  const author = await beforehand(async () => await users.provide(payload.actorId))
  const authorId = author.id ?? 0
  if (payload.to !== 'solved') {
    const move = moveOf({ ...payload, to: payload.to }, authorId)
    return unlessMoved(parts, { incidentId, to: payload.to }, async () => {
      await bridge.desk.move(incidentId, move)
    })
  }
  if (!isNone(payload.messageId) && (await isSaid(parts, payload.messageId))) return nothing('nothing to say')
  const message = isNone(payload.messageId) ? null : await messageOf(parts, payload.messageId)
  if (message !== null) return await prepareMessage(parts, incidentId, message)
  const text = payload.comment?.trim() || SOLVED_TEXT
  const solution = { text, authorId, isPublic: true, isSolution: true, files: [] }
  return unlessMoved(parts, { incidentId, to: payload.to }, async () => {
    await bridge.desk.comment(incidentId, solution)
  })
}

type Moving = { readonly incidentId: string; readonly to: DeliveredMove }

/** InvGate refuses what somebody has done there already; then there is nothing left to do. */
function unlessMoved(parts: WorkParts, { incidentId, to }: Moving, move: () => Promise<void>): Request {
  return async () => {
    try {
      await move()
    } catch (error) {
      if (!(error instanceof InvgateFailure) || error.mayBeDone || error.isPassing) throw error
      if (!(await beforehand(async () => await isMoved(parts, incidentId, to)))) throw error
    }
    return {}
  }
}

async function isMoved({ bridge }: WorkParts, incidentId: string, to: DeliveredMove): Promise<boolean> {
  const incident = await bridge.desk.find(incidentId)
  return incident?.status?.status === STATUS_AFTER[to]
}

function moveOf(
  { to, rating, comment = '' }: Omit<StatusPayload, 'to'> & { readonly to: Exclude<DeliveredMove, 'solved'> },
  authorId: number,
): InvgateMove {
  if (to === 'accepted') return { to, authorId, comment, rating: rating ?? 5 }
  if (to === 'not_accepted') return { to, authorId, comment: comment || NO_REASON_TEXT }
  return { to, authorId, comment }
}

async function prepareMessage(parts: WorkParts, incidentId: string, message: MessageRow): Promise<Request> {
  const saying = { incidentId, message, authorId: authorOf(message) }
  const comment = await describeComment(parts, saying)
  return async () => {
    await parts.bridge.desk.comment(incidentId, comment)
    // InvGate does not say which comment it has made. Without its id it is only harder to recognise later.
    try {
      const said = await findSaid(parts, parts.db, saying)
      return said === null ? {} : toSaid(incidentId, message, said.id)
    } catch (error) {
      if (error instanceof InvgateFailure) return {}
      throw error
    }
  }
}

async function lookForMessage(
  parts: WorkParts,
  incidentId: string,
  message: MessageRow,
): Promise<Delivered | null> {
  const said = await findSaid(parts, parts.db, { incidentId, message, authorId: authorOf(message) })
  return said === null ? null : toSaid(incidentId, message, said.id)
}

function toSaid(incidentId: string, message: MessageRow, commentId: string): Delivered {
  return { said: { messageId: message.id, commentId, key: keyOfComment(incidentId, commentId) } }
}

/** What goes out: never a note, and nothing that came from there. */
async function messageOf({ db }: WorkParts, id: string): Promise<MessageRow | null> {
  const message = await findDeliveredMessage(db, id)
  if (message === undefined || message.kind === 'note' || message.invgate_key !== null) return null
  return message.author_id === null ? null : message
}

/** Whether a message is at InvGate already: whoever has read the talk there may have recognised it. */
async function isSaid({ db }: WorkParts, id: string): Promise<boolean> {
  const message = await findDeliveredMessage(db, id)
  return message !== undefined && message.invgate_key !== null
}

function authorOf({ author_id: authorId, id }: MessageRow): string {
  if (authorId === null) throw new TypeError(`the message ${id} has no author`)
  return authorId
}

/** What goes by its number there by now, if anything, is not ours to speak to. */
function incidentOf({ invgate_id: id, invgate_status: seen, number }: TicketRow): string {
  if (id === null) throw new TypeError(`the ticket ${number} is not at InvGate yet`)
  if (seen === 'gone') throw new InvgateFailure({ code: 'refused', message: GONE_TEXT, mayBeDone: false })
  return id
}

const STATUS_AFTER: Readonly<Record<DeliveredMove, InvgateStatus['status']>> = {
  cancelled: 'cancelled',
  open: 'open',
  waiting_for_customer: 'pending',
  solved: 'solved',
  accepted: 'closed',
  not_accepted: 'open',
}

function isNone(id: string | null | undefined): id is null | undefined {
  return id === null || id === undefined
}
