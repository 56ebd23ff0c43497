import { type WorkOrderStatus, workOrderStatuses } from './lifecycle.ts'

const bySpelling = new Map<string, WorkOrderStatus>(
  workOrderStatuses.map((status) => [lettersOf(status), status]),
)

/**
 * The status that people mean by `In Progress`, `in-progress` or `IN_PROGRESS` (W4); what is no status stays as it is,
 * for the schema to refuse.
 */
export function spellStatus(written: unknown): unknown {
  return typeof written === 'string' ? (bySpelling.get(lettersOf(written)) ?? written) : written
}

/** The same with the status that an object has, whatever else is in it. */
export function withSpeltStatus(input: unknown): unknown {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, 'status')) return input
  return { ...input, status: spellStatus(Reflect.get(input, 'status')) }
}

function lettersOf(text: string): string {
  return text.toLowerCase().replace(/[\s_-]+/g, '')
}
