import type { Transaction } from 'kysely'
import type { Clock } from '#platform/clock'
import type { Ids } from '#platform/id'
import type { Timers } from '#platform/timers/timer'
import { insertDeliveryOnce } from './delivery-queries.ts'
import type { Letter } from './letter-page.ts'
import { MAIL_TIMER } from './send-mail.ts'
import type { NotificationTables } from './table.ts'

export type NewMail = {
  readonly kind: string
  readonly recipient: string
  readonly dedupeKey: string
  readonly letter: Letter
}

type Parts = { readonly clock: Clock; readonly ids: Ids; readonly timers: Timers }

export type EnqueueMail = ReturnType<typeof createEnqueueMail>

/** Has a mail sent after the commit, unless one about the same thing was asked for before. */
export function createEnqueueMail({ clock, ids, timers }: Parts) {
  return async function enqueueMail(
    trx: Transaction<NotificationTables>,
    { kind, recipient, dedupeKey, letter }: NewMail,
  ): Promise<void> {
    const id = ids.next()
    const now = clock.now()
    const isNew = await insertDeliveryOnce(trx, {
      id,
      channel: 'email',
      kind,
      recipient,
      ...letter,
      dedupe_key: dedupeKey,
      state: 'pending',
      attempts: 0,
      last_error: null,
      failing_since_at: null,
      sent_at: null,
      version: 1,
      created_at: now,
    })
    if (isNew) await timers.schedule(trx, { kind: MAIL_TIMER, subject: id, dueAt: now })
  }
}
