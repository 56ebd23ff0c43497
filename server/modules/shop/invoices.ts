import type { Kysely } from 'kysely'
import { findPerson } from '#modules/people'
import type { Call } from '#platform/call'
import { refuse } from './errors.ts'
import { writeInvoice } from './invoice-page.ts'
import { peopleIn } from './order-customer.ts'
import { findOrder, listLines } from './order-queries.ts'
import { toOrder } from './order-views.ts'
import { maySee } from './orders.ts'
import { getSettings } from './settings-queries.ts'
import type { ShopTables } from './table.ts'

type Parts = {
  readonly db: Kysely<ShopTables>
  /** The time zone in which people count the days, as an IANA name. */
  readonly businessZone: string
}

export type PrintInvoice = ReturnType<typeof createInvoices>

/** An order as a page to print, in the reader's language, for its owner and for staff. */
export function createInvoices({ db, businessZone }: Parts) {
  return async function printInvoice(call: Call, id: string): Promise<string> {
    const row = await findOrder(db, id)
    if (row === undefined || !maySee(call, row)) throw refuse('order_not_found')
    const [lines, settings] = [await listLines(db, [id]), await getSettings(db)]
    const order = toOrder(row, lines)
    const name = order.customer_name ?? (await findPerson(peopleIn(db), order.user_id))?.name
    return writeInvoice({
      order,
      customerName: name ?? null,
      shop: { name: settings.shop_name, address: settings.shop_address },
      language: call.language,
      zone: businessZone,
    })
  }
}
