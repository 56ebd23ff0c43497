import { type Static, Type } from 'typebox'
import { Id, Nullable, PageOf, Prose, pageQuery, Strict, Time, Version } from '#platform/http/schemas'

export const disabledReasons = ['by_request', 'failing', 'gone'] as const
export type DisabledReason = (typeof disabledReasons)[number]
export const deliveryStates = ['pending', 'delivered', 'failed', 'stopped'] as const
export type DeliveryState = (typeof deliveryStates)[number]
const DeliveryStateSchema = Type.Enum([...deliveryStates])

const fields = {
  url: Type.String({ minLength: 1, maxLength: 2_000, description: 'https, or http outside production' }),
  event_types: Type.Array(
    Type.String({
      maxLength: 100,
      pattern: '^(\\*|[a-z][a-z0-9_.]*\\*?)$',
      description: 'order_created; with a star at the end all that begin so; webhook.* is never sent',
    }),
    { minItems: 1, maxItems: 100 },
  ),
  description: Type.Optional(Nullable(Prose(500))),
}
export const WebhookBody = Strict({
  ...fields,
  secret: Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'whsec_ and 24 to 64 bytes in base64; made by the server when it is left out',
    }),
  ),
})
export const WebhookChange = Strict(
  {
    url: Type.Optional(fields.url),
    event_types: Type.Optional(fields.event_types),
    description: fields.description,
    enabled: Type.Optional(Type.Boolean({ description: 'true resumes what was stopped' })),
  },
  { minProperties: 1, description: 'Changes the fields that it names' },
)
export const Webhook = Type.Object({
  id: Id,
  url: Type.String(),
  event_types: Type.Array(Type.String()),
  description: Nullable(Type.String()),
  enabled: Type.Boolean(),
  disabled_at: Nullable(Time),
  disabled_reason: Nullable(
    Type.Enum([...disabledReasons], {
      description: 'failing: nothing has arrived for a day; gone: the receiver has answered 410',
    }),
  ),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const NewWebhook = Type.Object({
  ...Webhook.properties,
  secret: Type.String({ description: 'Shown this once' }),
})
export const WebhookPage = PageOf(Webhook)
export const WebhookQuery = Strict(pageQuery)

export const WebhookDelivery = Type.Object({
  id: Id,
  webhook_id: Id,
  event_id: Id,
  event_type: Type.String(),
  state: DeliveryStateSchema,
  attempts: Type.Integer(),
  last_status: Nullable(Type.Integer({ description: 'The HTTP status of the last answer' })),
  last_error: Nullable(Type.String()),
  last_answer: Nullable(Type.String({ description: 'The first 500 characters of the last answer’s body' })),
  version: Version,
  created_at: Time,
  last_attempt_at: Nullable(Time),
  next_attempt_at: Nullable(Time),
  delivered_at: Nullable(Time),
})
export const WebhookDeliveryPage = PageOf(WebhookDelivery)
export const WebhookDeliveryQuery = Strict({ ...pageQuery, state: Type.Optional(DeliveryStateSchema) })
export const DeliveryParams = Type.Object({ id: Id, delivery_id: Id })

export type WebhookBody = Static<typeof WebhookBody>
export type WebhookChange = Static<typeof WebhookChange>
export type Webhook = Static<typeof Webhook>
export type NewWebhook = Static<typeof NewWebhook>
export type WebhookQuery = Static<typeof WebhookQuery>
export type WebhookDelivery = Static<typeof WebhookDelivery>
export type WebhookDeliveryQuery = Static<typeof WebhookDeliveryQuery>
