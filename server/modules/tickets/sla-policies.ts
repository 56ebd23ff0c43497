import type { Insertable, Kysely, Transaction } from 'kysely'
import { type Call, checkVersion } from '#platform/call'
import { refuseTaken, type UniqueKey } from '#platform/database/failure'
import { transaction } from '#platform/database/transaction'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type PolicyRow, pagePolicies } from './clock-queries.ts'
import type { SlaPolicyTable } from './clock-tables.ts'
import { reviewAllClocks } from './clock-timers.ts'
import { refuse } from './errors.ts'
import type { TicketParts } from './parts.ts'
import { policyEvent } from './sla-events.ts'
import type { SlaPolicy, SlaPolicyBody, SlaPolicyChange, SlaPolicyQuery } from './sla-schemas.ts'
import type { TicketTables } from './table.ts'

const WARN_PERCENT = 80

const uniqueKeys: readonly UniqueKey[] = [
  { table: 'sla_policies', column: 'policy_key', refuse: () => refuse('sla_policy_taken') },
]

export type SlaPolicies = ReturnType<typeof createSlaPolicies>

/** Who answers and solves how fast; a change holds for the tickets that are open as well. */
export function createSlaPolicies(parts: TicketParts) {
  const { db, clock, ids, outbox } = parts

  return {
    async listPolicies(query: SlaPolicyQuery) {
      return presentPage(await pagePolicies(db, toPageRequest(query)), toPolicy)
    },

    async getPolicy(id: string): Promise<SlaPolicy> {
      const row = await db.selectFrom('sla_policies').selectAll().where('id', '=', id).executeTakeFirst()
      if (row === undefined) throw refuse('sla_policy_not_found')
      return toPolicy(row)
    },

    async createPolicy(call: Call<SlaPolicy>, body: SlaPolicyBody): Promise<SlaPolicy> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const now = clock.now()
          const row = withKey({
            id: ids.next(),
            name: body.name.trim(),
            priority_id: body.priority_id ?? null,
            category_id: body.category_id ?? null,
            first_response_minutes: body.first_response_minutes ?? null,
            resolution_minutes: body.resolution_minutes ?? null,
            warn_percent: body.warn_percent ?? WARN_PERCENT,
            version: 1,
            created_at: now,
            updated_at: now,
          })
          await insertPolicy(trx, row)
          await outbox.append(trx, call, policyEvent('created', toPolicy(row)))
          await reviewAllClocks(parts, trx)
          return toPolicy(row)
        }),
      )
    },

    async changePolicy(call: Call<SlaPolicy>, id: string, change: SlaPolicyChange): Promise<SlaPolicy> {
      return await refuseTaken(uniqueKeys, () =>
        transaction(db, call, async (trx) => {
          const row = await getLockedPolicy(trx, id)
          checkVersion(call, row)
          const changed = withKey({
            ...row,
            ...change,
            name: change.name?.trim() ?? row.name,
            version: row.version + 1,
            updated_at: clock.now(),
          })
          await trx.updateTable('sla_policies').set(changed).where('id', '=', id).execute()
          await outbox.append(trx, call, policyEvent('updated', toPolicy(changed)))
          await reviewAllClocks(parts, trx)
          return toPolicy(changed)
        }),
      )
    },

    /** The tickets that went by it go by the next particular one, or by none. */
    async deletePolicy(call: Call<void>, id: string): Promise<void> {
      await transaction(db, call, async (trx) => {
        const row = await getLockedPolicy(trx, id)
        checkVersion(call, row)
        await trx.deleteFrom('sla_policies').where('id', '=', id).execute()
        const last = { ...row, version: row.version + 1, updated_at: clock.now() }
        await outbox.append(trx, call, policyEvent('deleted', toPolicy(last)))
        await reviewAllClocks(parts, trx)
      })
    },
  }
}

async function getLockedPolicy(trx: Transaction<TicketTables>, id: string): Promise<PolicyRow> {
  const row = await trx
    .selectFrom('sla_policies')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) throw refuse('sla_policy_not_found')
  return row
}

async function insertPolicy(trx: Kysely<TicketTables>, row: Insertable<SlaPolicyTable>): Promise<void> {
  await trx.insertInto('sla_policies').values(row).execute()
}

function withKey(row: Omit<PolicyRow, 'policy_key'>): PolicyRow {
  return { ...row, policy_key: `${row.priority_id ?? '*'}/${row.category_id ?? '*'}` }
}

export function toPolicy(row: PolicyRow): SlaPolicy {
  return {
    id: row.id,
    name: row.name,
    priority_id: row.priority_id,
    category_id: row.category_id,
    first_response_minutes: row.first_response_minutes,
    resolution_minutes: row.resolution_minutes,
    warn_percent: row.warn_percent,
    version: row.version,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}
