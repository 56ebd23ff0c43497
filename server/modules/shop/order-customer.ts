import type { Kysely } from 'kysely'
import { findPerson, fullName, isThere, type PeopleTables } from '#modules/people'
import { actorOf, type Call, may } from '#platform/call'
import type { PlatformTables } from '#platform/database/tables'
import { invalidField } from '#platform/errors'
import { refuseCaller } from '#platform/http/callers'
import { refuse } from './errors.ts'
import type { OrderRow } from './order-queries.ts'
import type { OrderBody, ShippingAddress } from './order-schemas.ts'
import type { ShopTables } from './table.ts'

const WRITE_ANY = 'transactions:write_any'
const ONE_OF_TWO = { en: 'cannot be given beside user_id', id: 'tidak dapat diisi bersama user_id' }

type Customer = Pick<OrderRow, 'user_id' | 'user_email' | 'customer_name' | 'placed_by' | 'phone'>

/**
 * Whose order it is. Staff may enter one for somebody with an account, who then owns it, or without: that one belongs
 * to the staff who entered it, and its mail goes to the customer's address if there is one.
 */
export async function findCustomer(
  db: Kysely<ShopTables>,
  call: Call,
  { user_id: userId, customer, phone = null }: OrderBody,
): Promise<Customer> {
  const actor = actorOf(call)
  const own = { user_id: actor.userId, user_email: actor.email, customer_name: null, placed_by: null, phone }
  if (customer !== undefined) {
    requireStaff(call)
    if (userId !== undefined) throw invalidField({ pointer: '/customer', code: 'invalid', text: ONE_OF_TWO })
    return {
      ...own,
      user_email: customer.email ?? actor.email,
      customer_name: customer.name,
      placed_by: actor.userId,
      phone: customer.phone ?? phone,
    }
  }
  if (userId === undefined || userId === actor.userId) return own
  requireStaff(call)
  const person = await findPerson(peopleIn(db), userId)
  if (person === undefined || !isThere(person)) throw refuse('customer_not_found')
  return {
    user_id: userId,
    user_email: person.email,
    customer_name: fullName(person).slice(0, 200),
    placed_by: actor.userId,
    phone,
  }
}

/** The fee that staff have agreed on with the customer; nothing where the settings decide. */
export function givenFeeOf(call: Call, { shipping_fee: feeMinor }: OrderBody): number | undefined {
  if (feeMinor !== undefined) requireStaff(call)
  return feeMinor
}

export function writeAddress(address: OrderBody['shipping_address']): string | null {
  if (address === undefined || address === null) return null
  const written: ShippingAddress = {
    recipient: address.recipient,
    phone: address.phone ?? null,
    lines: address.lines,
    city: address.city,
    province: address.province ?? null,
    postal_code: address.postal_code ?? null,
    country: address.country ?? null,
  }
  return JSON.stringify(written)
}

function requireStaff(call: Call): void {
  if (!may(call, WRITE_ANY)) throw refuseCaller('missing_permission', { details: { permission: WRITE_ANY } })
}

/** The copy of the users, in the same database. */
export function peopleIn(db: Kysely<PlatformTables>): Kysely<PeopleTables> {
  return db.withTables<PeopleTables>()
}
