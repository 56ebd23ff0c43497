import type { Transaction } from 'kysely'
import { findPerson, isThere, type PeopleTables } from '#modules/people'
import type { PlatformTables } from '#platform/database/tables'
import { invalidField } from '#platform/errors'
import { withResponsible } from './open-work-order.ts'
import type { WorkOrderTables } from './table.ts'

/** Who works on an order; the responsible one is among them. */
export type Assignment = { readonly operatorId: string | null; readonly operatorIds: readonly string[] }

export const NOBODY: Assignment = { operatorId: null, operatorIds: [] }

type Wanted = {
  readonly operator_id?: string | null | undefined
  readonly operator_ids?: readonly string[] | undefined
}

/**
 * Who works on an order after a change. A new responsible one takes the place of the one before; a list says who works
 * on it besides, and without a word on who is responsible it stays who it was, or becomes the first of the list.
 */
export function assignmentAfter(current: Assignment, wanted: Wanted): Assignment {
  const { operator_id: wantedId, operator_ids: wantedIds } = wanted
  if (wantedId === undefined && wantedIds === undefined) return current
  const operatorId = wantedId === undefined ? responsibleOf(current, wantedIds ?? []) : wantedId
  const others = wantedIds ?? current.operatorIds.filter((id) => id !== current.operatorId)
  return { operatorId, operatorIds: withResponsible({ operatorId, operatorIds: others }) }
}

function responsibleOf({ operatorId }: Assignment, operatorIds: readonly string[]): string | null {
  if (operatorId !== null && operatorIds.includes(operatorId)) return operatorId
  return operatorIds[0] ?? null
}

/** Roles whose holders can be told to make something. */
const WORKERS = ['operator', 'production_manager', 'admin']

/** Refuses those who are not known here, or cannot work; whoever is assigned already stays. */
export async function requireOperators(
  trx: Transaction<WorkOrderTables>,
  { wanted, assigned }: { readonly wanted: Wanted; readonly assigned: readonly string[] },
): Promise<void> {
  for (const { id, pointer } of namedIn(wanted)) {
    if (assigned.includes(id)) continue
    if (await canWork(trx, id)) continue
    throw invalidField({
      pointer,
      code: 'unknown_operator',
      text: { en: 'is not an operator', id: 'bukan operator' },
    })
  }
}

/** Whether somebody is there, as far as is known here, and can be told to make something. */
export async function canWork(trx: Transaction<WorkOrderTables>, id: string): Promise<boolean> {
  const person = await findPerson(peopleIn(trx), id)
  if (person === undefined || !isThere(person)) return false
  return WORKERS.includes(person.role)
}

function namedIn({ operator_id: responsible, operator_ids: operators = [] }: Wanted) {
  const named = operators.map((id, index) => ({ id, pointer: `/operator_ids/${index}` }))
  return typeof responsible === 'string' ? [{ id: responsible, pointer: '/operator_id' }, ...named] : named
}

/** The copy of the users, in the same database. */
function peopleIn(trx: Transaction<PlatformTables>): Transaction<PeopleTables> {
  return trx.withTables<PeopleTables>()
}
