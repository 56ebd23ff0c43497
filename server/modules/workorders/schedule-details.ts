import { isDeepStrictEqual } from 'node:util'
import type { Transaction } from 'kysely'
import { checkRecurrence } from '#platform/http/recurrence'
import { assignmentAfter, NOBODY, requireOperators } from './assignment.ts'
import { chooseProduct, nameOfProduct } from './product-choice.ts'
import type { ScheduleRow } from './schedule-queries.ts'
import type { OrderTemplate, ScheduleBody, ScheduleChange } from './schedule-schemas.ts'
import type { WorkOrderTables } from './table.ts'

type Described = Pick<ScheduleRow, 'name' | 'rule' | 'start_day' | 'template'>

/** What each order of a new schedule is to be. */
export async function templateOf(
  trx: Transaction<WorkOrderTables>,
  body: ScheduleBody,
): Promise<OrderTemplate> {
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
    lead_days: body.lead_days,
  }
}

type Outcome = { readonly change: Described | null; readonly hasOtherDays: boolean }

/** What a schedule is after a change; null for one that changes nothing. */
export async function describedAnew(
  trx: Transaction<WorkOrderTables>,
  row: ScheduleRow,
  body: ScheduleChange,
): Promise<Outcome> {
  const before: Described = {
    name: row.name,
    rule: row.rule,
    start_day: row.start_day,
    template: row.template,
  }
  const change: Described = {
    name: body.name?.trim() ?? row.name,
    rule: body.rule ?? row.rule,
    start_day: body.start ?? row.start_day,
    template: await templateAfter(trx, row.template, body),
  }
  const hasOtherDays =
    change.start_day !== row.start_day || !isDeepStrictEqual(plain(change.rule), plain(row.rule))
  if (hasOtherDays) checkRecurrence({ rule: change.rule, start: change.start_day, pointer: '/rule' })
  return { change: isDeepStrictEqual(plain(change), plain(before)) ? null : change, hasOtherDays }
}

async function templateAfter(
  trx: Transaction<WorkOrderTables>,
  template: OrderTemplate,
  body: ScheduleChange,
): Promise<OrderTemplate> {
  await requireOperators(trx, { wanted: body, assigned: template.operator_ids })
  const before = { operatorId: template.operator_id, operatorIds: template.operator_ids }
  const { operatorId, operatorIds } = assignmentAfter(before, body)
  return {
    ...(await productAfter(trx, template, body)),
    quantity: body.quantity ?? template.quantity,
    allowance: body.allowance ?? template.allowance,
    priority: body.priority ?? template.priority,
    operator_id: operatorId,
    operator_ids: [...operatorIds],
    notes: body.notes === undefined ? template.notes : body.notes,
    lead_days: body.lead_days ?? template.lead_days,
  }
}

type Product = Pick<OrderTemplate, 'product_id' | 'product_name'>

/** What is said of the product as it was is no choice, so that one that is gone need not be chosen again. */
async function productAfter(
  trx: Transaction<WorkOrderTables>,
  { product_id: idBefore, product_name: nameBefore }: Product,
  { product_id: id = idBefore, product_name: name = nameBefore }: ScheduleChange,
): Promise<Product> {
  if (id === idBefore && name.trim() === nameBefore) return { product_id: id, product_name: nameBefore }
  if (id !== null && id === idBefore) throw nameOfProduct()
  const { productId, productName } = await chooseProduct(trx, { product_id: id, product_name: name })
  return { product_id: productId, product_name: productName }
}

/** As it is kept: JSON knows no fields that are undefined. */
function plain(value: object): unknown {
  return JSON.parse(JSON.stringify(value))
}
