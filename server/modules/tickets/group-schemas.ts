import { type Static, Type } from 'typebox'
import { Id, Line, PageOf, pageQuery, Strict, Time, Version } from '#platform/http/schemas'
import { MAX_MESSAGE } from './message-schemas.ts'

const Members = Type.Array(Id, {
  maxItems: 200,
  uniqueItems: true,
  description: 'All of them; they work at the desk',
})

export const Group = Type.Object({
  id: Id,
  name: Type.String(),
  member_ids: Type.Array(Id),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const GroupPage = PageOf(Group)
export const GroupQuery = Strict(pageQuery)
export const GroupBody = Strict({ name: Line(120), member_ids: Type.Optional(Members) })
export const GroupChange = Strict({
  name: Type.Optional(Line(120)),
  member_ids: Type.Optional(Members),
})

export const CannedReply = Type.Object({
  id: Id,
  name: Type.String(),
  text: Type.String(),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const CannedReplyPage = PageOf(CannedReply)
export const CannedReplyQuery = Strict(pageQuery)
export const CannedReplyBody = Strict({ name: Line(120), text: Line(MAX_MESSAGE) })
export const CannedReplyChange = Strict({
  name: Type.Optional(Line(120)),
  text: Type.Optional(Line(MAX_MESSAGE)),
})

export type Group = Static<typeof Group>
export type GroupQuery = Static<typeof GroupQuery>
export type GroupBody = Static<typeof GroupBody>
export type GroupChange = Static<typeof GroupChange>
export type CannedReply = Static<typeof CannedReply>
export type CannedReplyQuery = Static<typeof CannedReplyQuery>
export type CannedReplyBody = Static<typeof CannedReplyBody>
export type CannedReplyChange = Static<typeof CannedReplyChange>
