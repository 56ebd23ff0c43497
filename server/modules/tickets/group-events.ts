import { Type } from 'typebox'
import { defineEventTypes } from '#platform/events/event-types'
import type { NewEvent } from '#platform/events/outbox'
import { Id } from '#platform/http/schemas'
import { CannedReply, Group } from './group-schemas.ts'

/** How the desk is made up, and the words that it keeps for itself. */
const desk = () => ({ permission: 'tickets:read_any' })

export const groupEventTypes = [
  ...defineEventTypes({
    types: ['ticket_group.created', 'ticket_group.updated', 'ticket_group.deleted'],
    data: Type.Object({ ...Group.properties, group_id: Id }),
    audience: desk,
  }),
  ...defineEventTypes({
    types: ['canned_reply.created', 'canned_reply.updated', 'canned_reply.deleted'],
    data: Type.Object({ ...CannedReply.properties, canned_reply_id: Id }),
    audience: desk,
  }),
]

type Change = 'created' | 'updated' | 'deleted'

export function groupEvent(what: Change, group: Group): NewEvent {
  return {
    type: `ticket_group.${what}`,
    subject: `ticket_group/${group.id}`,
    recordVersion: group.version,
    data: { group_id: group.id, ...group },
  }
}

export function cannedReplyEvent(what: Change, reply: CannedReply): NewEvent {
  return {
    type: `canned_reply.${what}`,
    subject: `canned_reply/${reply.id}`,
    recordVersion: reply.version,
    data: { canned_reply_id: reply.id, ...reply },
  }
}
