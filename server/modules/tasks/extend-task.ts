import { type Call, checkVersion } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { invalidField } from '#platform/errors'
import { getLockedTask, requireOwner } from './access.ts'
import { refuse } from './errors.ts'
import { isOpen } from './lifecycle.ts'
import { atOneMoment, type TaskParts } from './parts.ts'
import { listAttributes, type TaskRow } from './queries.ts'
import { requireRoom } from './room.ts'
import type { ExtendBody, Task } from './schemas.ts'
import { changeTask } from './task-changes.ts'
import { expiryAt, isRemovedSooner, refuseFarEnd, revivalOf } from './task-expiry.ts'
import { statusOf } from './views.ts'

export type ExtendTask = ReturnType<typeof createExtendTask>

/** Gives a task more time, also one that has expired: that one goes on where it was (T3). */
export function createExtendTask(givenParts: TaskParts) {
  return async function extendTask(call: Call<Task>, id: string, wanted: ExtendBody): Promise<Task> {
    checkOneTime(wanted)
    return await transaction(givenParts.db, call, async (trx) => {
      const parts = atOneMoment(givenParts)
      const now = parts.clock.now()
      const row = await getLockedTask(trx, call, id)
      checkVersion(call, row)
      const status = statusOf(row)
      if (!isOpen(status) && status !== 'expired')
        throw refuse('task_not_extendable', { details: { current_status: status } })
      const expiresAt = endOf(wanted, row, now)
      refuseFarEnd(expiresAt, `/${Object.keys(wanted).join()}`)
      const change = {
        ...expiryAt({ row, expiresAt, now }),
        ...revivalOf(row),
      }
      if (isRemovedSooner(row, { ...row, ...change })) requireOwner(call, row)
      if (!isOpen(status)) {
        const { blockedByIds } = (await listAttributes(trx, [id]))(id)
        await requireRoom(trx, { before: null, after: { ...row, blockedByIds } })
      }
      return await changeTask(parts, trx, { call, row, change, happening: 'updated' })
    })
  }
}

function checkOneTime(wanted: ExtendBody): void {
  if (Object.keys(wanted).length === 1) return
  throw invalidField({
    pointer: '/expires_at',
    code: 'invalid',
    text: {
      en: 'needs exactly one of `expires_at`, `by_seconds` and `ttl_seconds`',
      id: 'memerlukan tepat satu dari `expires_at`, `by_seconds`, dan `ttl_seconds`',
    },
  })
}

function endOf(
  { expires_at: at, by_seconds: by, ttl_seconds: ttl }: ExtendBody,
  { expires_at: present }: Pick<TaskRow, 'expires_at'>,
  now: Date,
): Date {
  if (at !== undefined) return new Date(at)
  const from = by === undefined || present === null || present < now ? now : present
  return new Date(from.getTime() + (by ?? ttl ?? 0) * 1_000)
}
