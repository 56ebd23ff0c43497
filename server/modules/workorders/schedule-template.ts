import type { Transaction } from 'kysely'
import { invalidField } from '#platform/errors'
import { assignmentAfter, NOBODY, requireOperators } from './assignment.ts'
import { chooseProduct, nameOfProduct } from './product-choice.ts'
import type { ScheduleBody, ScheduleChange, ScheduleRule, ScheduleTemplate } from './schedule-schemas.ts'
import type { WorkOrderTables } from './table.ts'

/** What each order of a new schedule is. */
export async function newTemplate(
  trx: Transaction<WorkOrderTables>,
  body: Omit<ScheduleBody, 'name' | 'rule'>,
): Promise<ScheduleTemplate> {
  await requireOperators(trx, { wanted: body, assigned: [] })
  const { productId, productName } = await chooseProduct(trx, body)
  const { operatorId, operatorIds } = assignmentAfter(NOBODY, body)
  return {
    product_id: productId,
    product_name: productName,
    quantity: body.quantity,
    allowance: body.allowance ?? 0,
    priority: body.priority ?? 'normal',
    operator_id: operatorId,
    operator_ids: [...operatorIds],
    notes: body.notes ?? null,
    lead_days: body.lead_days ?? 0,
  }
}

/** The same after a change that names some of it. */
export async function changedTemplate(
  trx: Transaction<WorkOrderTables>,
  before: ScheduleTemplate,
  change: Omit<ScheduleChange, 'name' | 'rule'>,
): Promise<ScheduleTemplate> {
  await requireOperators(trx, { wanted: change, assigned: before.operator_ids })
  const assigned = { operatorId: before.operator_id, operatorIds: before.operator_ids }
  const { operatorId, operatorIds } = assignmentAfter(assigned, change)
  return {
    ...(await changedProduct(trx, before, change)),
    quantity: change.quantity ?? before.quantity,
    allowance: change.allowance ?? before.allowance,
    priority: change.priority ?? before.priority,
    operator_id: operatorId,
    operator_ids: [...operatorIds],
    notes: change.notes === undefined ? before.notes : change.notes,
    lead_days: change.lead_days ?? before.lead_days,
  }
}

type Product = Pick<ScheduleTemplate, 'product_id' | 'product_name'>

async function changedProduct(
  trx: Transaction<WorkOrderTables>,
  before: Product,
  { product_id: id = before.product_id, product_name: name = before.product_name }: Partial<Product>,
): Promise<Product> {
  if (id === before.product_id && name.trim() === before.product_name)
    return { product_id: id, product_name: before.product_name }
  if (id !== null && id === before.product_id) throw nameOfProduct()
  const { productId, productName } = await chooseProduct(trx, { product_id: id, product_name: name })
  return { product_id: productId, product_name: productName }
}

/** Refuses what a rule of its frequency does not know, and an end before its start. */
export function readRule(rule: ScheduleRule): ScheduleRule {
  const { frequency, start, until } = rule
  if (rule.weekdays !== undefined && frequency !== 'weekly') throw misplaced('weekdays', 'weekly')
  if (rule.day !== undefined && frequency !== 'monthly') throw misplaced('day', 'monthly')
  if (until !== undefined && until < start) {
    const text = { en: 'must not be before `start`', id: 'tidak boleh sebelum `start`' }
    throw invalidField({ pointer: '/rule/until', code: 'invalid', text })
  }
  return rule
}

function misplaced(field: string, frequency: string) {
  const text = { en: `belongs to the frequency ${frequency}`, id: `hanya untuk frekuensi ${frequency}` }
  return invalidField({ pointer: `/rule/${field}`, code: 'invalid', text })
}
