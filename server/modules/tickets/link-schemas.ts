import { type Static, Type } from 'typebox'
import { Id, Line, Nullable, PageOf, pageQuery, Strict, Time } from '#platform/http/schemas'
import { linkKinds, linkRelations } from './lifecycle.ts'
import { TicketParams } from './schemas.ts'

export const Link = Type.Object({
  id: Id,
  ticket_id: Id,
  kind: Type.Enum([...linkKinds]),
  record_id: Id,
  label: Nullable(Type.String()),
  relation: Type.Enum([...linkRelations], {
    description: '`rework` for a work order that mends it, `merged` for a ticket that goes on in this one',
  }),
  created_by: Nullable(Id),
  created_at: Time,
})
export const LinkPage = PageOf(Link)
export const LinkQuery = Strict(pageQuery)
export const LinkBody = Strict({
  kind: Type.Enum([...linkKinds]),
  record_id: Id,
  label: Type.Optional(Nullable(Line(300, 'As people call it; everybody reads it who may see the ticket'))),
})
export const LinkParams = Type.Object({ ...TicketParams.properties, link_id: Id })
export const WatcherParams = Type.Object({ ...TicketParams.properties, user_id: Id })

export type Link = Static<typeof Link>
export type LinkQuery = Static<typeof LinkQuery>
export type LinkBody = Static<typeof LinkBody>
