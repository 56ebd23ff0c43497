import type { Kysely } from 'kysely'
import { type Call, checkVersion, may } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { fileTypes } from '#platform/files/file-type'
import type { FilePurpose, Files } from '#platform/files/files'
import type { Upload } from '#platform/files/upload'
import type { ShopParts } from './catalogue.ts'
import { refuse } from './errors.ts'
import { paymentEvent } from './order-events.ts'
import { findOrder, lockOrder, type OrderRow } from './order-queries.ts'
import { maySee } from './orders.ts'
import { findPayment, type PaymentRow, updatePayment } from './payment-queries.ts'
import { refuseIfDecided, toPayment } from './payment-rules.ts'
import type { Payment } from './payment-schemas.ts'
import { requireHand } from './payments.ts'
import type { ShopTables } from './table.ts'

/** Theirs whose order was paid, and for staff who may see every order; a token needs what reading an order needs. */
export const paymentProofs: FilePurpose = {
  name: 'payment_proof',
  types: fileTypes,
  readers: (call, file) =>
    may(call, 'transactions:read') &&
    (call.actor?.userId === file.owner_id || may(call, 'transactions:read_any')),
}

export type PaymentProofs = ReturnType<typeof createPaymentProofs>

type Found = { readonly payment: PaymentRow; readonly order: OrderRow }

/** The picture or PDF that shows that something was paid. A later one takes its place while nobody has decided. */
export function createPaymentProofs({ db, clock, outbox, files }: ShopParts & { readonly files: Files }) {
  return {
    async provePayment(call: Call<Payment>, id: string, upload: Upload): Promise<Payment> {
      const { order: known } = await getProvable(db, call, { id, find: findOrder })
      const file = await files.storeUpload({ upload, purpose: paymentProofs, ownerId: known.user_id })
      try {
        return await transaction(db, call, async (trx) => {
          // Whoever changes a payment holds its order.
          const { payment, order } = await getProvable(trx, call, {
            id,
            find: async (_db, orderId) => await lockOrder(trx, orderId),
          })
          checkVersion(call, payment)
          const changed = {
            ...payment,
            proof_file_id: file.id,
            version: payment.version + 1,
            updated_at: clock.now(),
          }
          const view = toPayment(changed)
          await files.keep(trx, file.id)
          if (payment.proof_file_id !== null) await files.drop(trx, [payment.proof_file_id])
          await updatePayment(trx, id, changed)
          await outbox.append(trx, call, paymentEvent('updated', view, order))
          return view
        })
      } catch (error) {
        await files.discard(file.id)
        throw error
      }
    },
  }
}

type Search = {
  readonly id: string
  readonly find: (db: Kysely<ShopTables>, orderId: string) => Promise<OrderRow | undefined>
}

/** The payment as it is once its order was found, or locked. */
async function getProvable(db: Kysely<ShopTables>, call: Call, { id, find }: Search): Promise<Found> {
  const orderId = (await findPayment(db, id))?.order_id
  const order = orderId === undefined ? undefined : await find(db, orderId)
  const payment = order === undefined ? undefined : await findPayment(db, id)
  if (order === undefined || payment === undefined || !maySee(call, order)) throw refuse('payment_not_found')
  requireHand(call, order)
  refuseIfDecided(payment)
  return { payment, order }
}
