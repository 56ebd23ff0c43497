import type { Transaction } from 'kysely'
import { systemCall } from '#platform/call'
import type { Clock } from '#platform/clock'
import type { Outbox } from '#platform/events/outbox'
import type { Ids } from '#platform/id'
import { notificationEvent } from './events.ts'
import { insertNotification, lockInbox, updateUnreadCount } from './notification-queries.ts'
import type { NotificationTables } from './table.ts'

export type NewNotification = {
  readonly userId: string
  readonly kind: string
  readonly title: string
  readonly body: string
  readonly subject: string
  /** What it is about: nobody is told the same twice. */
  readonly dedupeKey: string
}

type Parts = { readonly clock: Clock; readonly ids: Ids; readonly outbox: Outbox }

export type Notify = ReturnType<typeof createNotify>

/** Puts a notification into a user's inbox, once, in the transaction of what it tells of. */
export function createNotify({ clock, ids, outbox }: Parts) {
  return async function notify(
    trx: Transaction<NotificationTables>,
    { userId, dedupeKey, ...notice }: NewNotification,
  ): Promise<void> {
    const inbox = await lockInbox(trx, { userId, dedupeKey })
    if (inbox.isTold) return
    const unread = inbox.unread + 1
    const row = {
      id: ids.next(),
      user_id: userId,
      dedupe_key: dedupeKey,
      ...notice,
      read_at: null,
      version: 1,
      created_at: clock.now(),
    }
    await insertNotification(trx, row)
    await updateUnreadCount(trx, userId, unread)
    await outbox.append(trx, systemCall, notificationEvent('created', row, { unread }))
  }
}
