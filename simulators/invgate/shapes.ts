import { createHash } from 'node:crypto'
import { extname } from 'node:path'
import type { InvgateAttachment, InvgateComment, InvgateIncident, InvgateUser } from './records.ts'
import type { Settings } from './settings.ts'

/** How times are written: epoch seconds, or as asked with `date_format=iso8601`. */
export type Shaping = {
  readonly settings: Pick<Settings, 'idStyle'>
  readonly isIso: boolean
}

const WHEN_FIELDS = ['date_ocurred', 'created_at', 'last_update', 'solved_at', 'closed_at'] as const

function shapeTime(epoch: number | null, { isIso }: Pick<Shaping, 'isIso'>): number | string | null {
  return epoch === null || !isIso
    ? epoch
    : new Date(epoch * 1_000).toISOString().replace(/\.\d{3}Z$/, '+00:00')
}

export function shapeIncident(incident: InvgateIncident, shaping: Shaping): Record<string, unknown> {
  const { rating, ...rest } = incident
  return {
    ...rest,
    ...Object.fromEntries(WHEN_FIELDS.map((field) => [field, shapeTime(incident[field], shaping)])),
    process_id: null,
    data_cleaned: null,
    custom_fields: [],
    ...(rating === null ? {} : { rating }),
    ...(shaping.settings.idStyle === 'legacy'
      ? {}
      : {
          pretty_id: `#${incident.id}`,
          sla_incident_resolution: null,
          sla_incident_first_reply: null,
          request_customer_sentiment_initial: 'neutral',
          request_customer_sentiment_current: 'neutral',
        }),
  }
}

export function shapeComment(comment: InvgateComment, shaping: Shaping): Record<string, unknown> {
  return { ...comment, created_at: shapeTime(comment.created_at, shaping), reference: null }
}

/** Within an incident whether the customer sees it is told as a number. */
export function shapeEmbeddedComment(comment: InvgateComment, shaping: Shaping): Record<string, unknown> {
  return { ...shapeComment(comment, shaping), customer_visible: comment.customer_visible ? 1 : 0 }
}

const EMPTY_USER_FIELDS = {
  other_email: null,
  type: 3,
  doc: null,
  mobile: null,
  office: null,
  other: null,
  fax: null,
  address: null,
  phone: null,
  city: null,
  country: null,
  birthday: null,
  position: null,
  department: null,
  manager_id: null,
  location: null,
  role_name: null,
  is_deleted: false,
  employee_number: null,
}

export function shapeUser(user: InvgateUser): Record<string, unknown> {
  return { ...EMPTY_USER_FIELDS, ...user }
}

export function attachmentPath(id: number): string {
  return `/attachments/get/${id}`
}

export function shapeAttachment({ id, name, content }: InvgateAttachment): Record<string, unknown> {
  return {
    id,
    name,
    url: attachmentPath(id),
    hash: createHash('md5').update(content).digest('hex'),
    extension: extname(name).slice(1),
  }
}
