import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, pageQuery, Strict, Time, Version } from '#platform/http/schemas'

export const deliveryStates = ['pending', 'sent', 'failed'] as const
export type DeliveryState = (typeof deliveryStates)[number]
const DeliveryStateSchema = Type.Enum([...deliveryStates])

const Unread = Type.Integer({ description: 'How many of the caller’s notifications are not read yet' })

export const Notification = Type.Object({
  id: Id,
  kind: Type.String({ description: 'The type of the event that it tells of' }),
  title: Type.String(),
  body: Type.String(),
  subject: Type.String({ description: 'The record, as order/<id>' }),
  read_at: Nullable(Time),
  version: Version,
  created_at: Time,
})
export const NotificationPage = Type.Object({ ...PageOf(Notification).properties, unread: Unread })
export const NotificationQuery = Strict({
  ...pageQuery,
  unread: Type.Optional(Type.Boolean({ description: 'Only those not read yet, or only those read' })),
})
export const UnreadCount = Type.Object({ unread: Unread })
export const AllRead = Type.Object({
  read: Type.Integer({ description: 'How many this request marked as read' }),
  unread: Unread,
})

export const Delivery = Type.Object({
  id: Id,
  channel: Type.String(),
  kind: Type.String(),
  recipient: Type.String(),
  title: Type.String({ description: 'The subject line' }),
  state: DeliveryStateSchema,
  attempts: Type.Integer(),
  last_error: Nullable(Type.String()),
  version: Version,
  created_at: Time,
  sent_at: Nullable(Time),
})
export const DeliveryPage = PageOf(Delivery)
export const DeliveryQuery = Strict({ ...pageQuery, state: Type.Optional(DeliveryStateSchema) })

export type Notification = Static<typeof Notification>
export type NotificationPage = Static<typeof NotificationPage>
export type NotificationQuery = Static<typeof NotificationQuery>
export type UnreadCount = Static<typeof UnreadCount>
export type AllRead = Static<typeof AllRead>
export type Delivery = Static<typeof Delivery>
export type DeliveryQuery = Static<typeof DeliveryQuery>
