import type { Transaction } from 'kysely'
import type { ShopTables } from '#modules/shop'
import { systemCall } from '#platform/call'
import { transaction } from '#platform/database/transaction'
import { deliverEvents } from '#platform/events/deliver'
import { toEnvelope } from '#platform/events/envelope'
import { readLog } from '#platform/events/log'
import { createOutbox, type NewEvent } from '#platform/events/outbox'
import { findPublished, publishEvents } from '#platform/events/publish'
import { findCursor, OWN_LOG } from '#platform/events/readers'
import { sequenceEvents } from '#platform/events/sequence'
import { type Ids, systemIds } from '#platform/id'
import type { Before, Holder, Process, Scene } from './scene.ts'

/** What processes do, as the program does it; each part of it that a fault replaces is a parameter. */

const BATCH = 100

/** Writes a new category, or the next version of one, and answers the event that tells of it. */
export async function writeCategory(
  trx: Transaction<ShopTables>,
  { scene, id }: { readonly scene: Scene; readonly id?: string },
): Promise<NewEvent> {
  const now = scene.clock.now()
  if (id === undefined) {
    const made = systemIds.next()
    await trx
      .insertInto('categories')
      .values({
        id: made,
        name: made,
        name_key: made,
        deleted_at: null,
        version: 1,
        created_at: now,
        updated_at: now,
      })
      .execute()
    return { type: 'category.created', subject: `category/${made}`, recordVersion: 1, data: { id: made } }
  }
  const { version } = await trx
    .selectFrom('categories')
    .select('version')
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
  await trx
    .updateTable('categories')
    .set({ version: version + 1, updated_at: now })
    .where('id', '=', id)
    .execute()
  return { type: 'category.updated', subject: `category/${id}`, recordVersion: version + 1, data: { id } }
}

type Change = {
  /** The category to change; without it a new one is made. */
  readonly id?: string
  readonly ids?: Ids
  /** The process dies in it, as late as can be. */
  readonly isLast?: boolean
}

/** A use case: the change and its event in one transaction. Answers the category's id. */
export async function change(
  scene: Scene,
  process: Process,
  { id, ids = systemIds, isLast = false }: Change = {},
): Promise<string> {
  const outbox = createOutbox({ clock: scene.clock, ids, traceparent: () => null })
  return await transaction(process.db.withTables<ShopTables>(), systemCall, async (trx) => {
    const event = await writeCategory(trx, { scene, ...(id === undefined ? {} : { id }) })
    await outbox.append(trx, systemCall, event)
    if (isLast) process.die()
    return String(event.data['id'])
  })
}

export async function sequence({ db, token }: Holder): Promise<void> {
  while ((await sequenceEvents({ db, token })) > 0);
}

export type Publish = typeof publishEvents

export async function publish(
  scene: Scene,
  { db, token }: Holder,
  { step = publishEvents, carrier = scene.broker.carrier } = {},
): Promise<void> {
  const parts = { db, token, installation: scene.installation, carrier }
  let position = await findPublished(parts)
  for (;;) {
    const next = await step(parts, position)
    if (next === position) return
    position = next
  }
}

export type Deliver = typeof deliverEvents

type Reading = { readonly deliver?: Deliver; readonly before?: Before }

export async function read(
  scene: Scene,
  holder: Holder,
  { deliver = deliverEvents, before = () => {} }: Reading = {},
): Promise<void> {
  let position = Number((await findCursor(holder.db, OWN_LOG)) ?? 0)
  for (;;) {
    const rows = await readLog(holder.db, { after: position, limit: BATCH })
    const last = rows.at(-1)
    if (last === undefined) return
    await deliver(
      scene.deliveryOf(holder, { before }),
      { token: holder.token, reader: OWN_LOG, cursor: String(last.position) },
      rows.map((row) => toEnvelope(row, scene.installation)),
    )
    position = last.position
  }
}

type Parts = {
  readonly publish?: Publish
  readonly deliver?: Deliver
  readonly read?: typeof read
  readonly consumers?: readonly string[]
}

/** Does all that is left to do, in a process that comes after those before. */
export async function finish(scene: Scene, parts: Parts = {}): Promise<void> {
  const holder = await scene.startHolder(parts.consumers)
  await sequence(holder)
  await publish(scene, holder, parts.publish === undefined ? {} : { step: parts.publish })
  await (parts.read ?? read)(scene, holder, parts.deliver === undefined ? {} : { deliver: parts.deliver })
}
