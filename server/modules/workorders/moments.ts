import { addDays, type BusinessDays } from '#platform/business-days'
import { invalidField } from '#platform/errors'

const DAY_LENGTH = '2026-11-21'.length

type Written = { readonly text: string; readonly pointer: string }

/** The last moment of a day of the business zone, or the moment that is written (ISO 8601). */
export function readDeadline(businessDays: BusinessDays, { text, pointer }: Written): Date {
  if (text.length > DAY_LENGTH) return readTime({ text, pointer })
  return new Date(businessDays.startOf(addDays(text, 1)).getTime() - 1)
}

/** The first moment of a day of the business zone, or the moment that is written (ISO 8601). */
export function readStart(businessDays: BusinessDays, { text, pointer }: Written): Date {
  return text.length > DAY_LENGTH ? readTime({ text, pointer }) : businessDays.startOf(text)
}

/** A leap second is of the right form, and no time that is known here. */
function readTime({ text, pointer }: Written): Date {
  const time = new Date(text)
  if (!Number.isNaN(time.getTime())) return time
  throw invalidField({
    pointer,
    code: 'format',
    text: { en: 'must be a valid date-time', id: 'harus berupa date-time yang sah' },
  })
}
