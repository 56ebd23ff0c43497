import type { Kysely } from 'kysely'
import { systemCall } from '#platform/call'
import type { Clock } from '#platform/clock'
import { transaction } from '#platform/database/transaction'
import { MailFailure } from '#platform/mail/mail'
import type { Mailer } from '#platform/mail/mailer'
import type { Log } from '#platform/telemetry/log'
import type { TimerKind } from '#platform/timers/timer'
import { type DeliveryRow, findDelivery, noteAttempt } from './delivery-queries.ts'
import type { NotificationTables } from './table.ts'

/** The kind of the timers that send mail; their subject is the delivery's id. */
export const MAIL_TIMER = 'mail.send'
const GIVES_UP_AFTER_MS = 24 * 60 * 60 * 1_000
const LONGEST_ERROR = 1_000

type Parts = {
  readonly db: Kysely<NotificationTables>
  readonly clock: Clock
  readonly mailer: Mailer
  readonly log: Log
}

/**
 * Sends the mail of a delivery. When the process dies between the server's word and our commit, it goes out again
 * with the same Message-ID, by which whoever receives it knows that it is the same.
 */
export function createSendMail({ db, clock, mailer, log }: Parts): TimerKind {
  return {
    kind: MAIL_TIMER,
    async handle({ subject: id }, complete) {
      const delivery = await findDelivery(db, id)
      if (delivery?.state !== 'pending') {
        await complete(async () => {})
        return
      }
      const failure = await attempt(delivery)
      const now = clock.now()
      const failingSince = delivery.failing_since_at ?? now
      if (failure === null) {
        await complete(async (trx) => {
          await noteAttempt(trx.withTables<NotificationTables>(), id, {
            state: 'sent',
            sent_at: now,
            last_error: null,
            failing_since_at: null,
          })
        })
        return
      }
      const noted = {
        last_error: failure.message.replaceAll('\0', '').slice(0, LONGEST_ERROR),
        failing_since_at: failingSince,
      }
      if (failure.permanent || now.getTime() - failingSince.getTime() >= GIVES_UP_AFTER_MS) {
        log.warn({ err: failure, delivery_id: id }, 'a mail could not be sent, and is not tried again')
        await complete(async (trx) => {
          await noteAttempt(trx.withTables<NotificationTables>(), id, { state: 'failed', ...noted })
        })
        return
      }
      await transaction(db, systemCall, async (trx) => await noteAttempt(trx, id, noted))
      throw failure
    },
  }

  async function attempt({ id, recipient, title, text, html, created_at }: DeliveryRow) {
    try {
      await mailer.send({ id, to: recipient, subject: title, text, html, date: created_at })
      return null
    } catch (error) {
      if (error instanceof MailFailure) return error
      return new MailFailure(error instanceof Error ? error.message : String(error), {
        permanent: false,
        cause: error,
      })
    }
  }
}
