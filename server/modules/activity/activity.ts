import type { Kysely } from 'kysely'
import type { Call } from '#platform/call'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { type Selection, selectAudited, selectTypes } from './audit.ts'
import { type Data, findChanges, merge } from './changes.ts'
import { type EventRow, findNames, listEarlier, listEvents } from './queries.ts'
import type { ActivityEntry, ActivityQuery } from './schemas.ts'
import type { ActivityTables } from './table.ts'

export type ActivityParts = { readonly db: Kysely<ActivityTables> }

/** Who did what to which record, and what it was before: read from the log itself, so nothing can be missing in it. */
export function createActivity({ db }: ActivityParts) {
  return {
    /** Newest first. What others may not read at its own place is not shown to them here. */
    async listActivity(call: Call, query: ActivityQuery) {
      return await list(query, selectTypes(call))
    },

    /** Sign-ins, roles and tokens. */
    async listAudit(_call: Call, query: ActivityQuery) {
      return await list(query, selectAudited())
    },
  }

  async function list(query: ActivityQuery, selection: Selection) {
    const page = await listEvents(db, {
      subject: query.subject,
      type: query.type,
      actorId: query.actor_id,
      selection,
      request: toPageRequest(query),
    })
    const actors = new Set(page.rows.map((row) => row.actor_id).filter((id) => id !== null))
    const [names, changes] = await Promise.all([findNames(db, [...actors]), changesOf(page.rows, selection)])
    return presentPage(page, (row) => toEntry(row, { names, changes }))
  }

  /** By the id of the event. */
  async function changesOf(
    rows: readonly EventRow[],
    { hidden }: Selection,
  ): Promise<ReadonlyMap<string, ActivityEntry['changes']>> {
    const found = new Map<string, ActivityEntry['changes']>()
    const subjects = Map.groupBy(rows, ({ subject }) => subject)
    await Promise.all(
      Array.from(subjects, async ([subject, told]) => {
        const inOrder = told.toSorted((a, b) => a.record_version - b.record_version)
        const [oldest] = inOrder
        if (oldest === undefined) return
        const earlier = await listEarlier(db, { subject, version: oldest.record_version, hidden })
        let known = merge(earlier.map(({ data }) => parse(data)))
        for (const row of inOrder) {
          const data = parse(row.data)
          found.set(row.id, findChanges(known, data))
          known = merge([known, data])
        }
      }),
    )
    return found
  }
}

type Looked = {
  readonly names: ReadonlyMap<string, string>
  readonly changes: ReadonlyMap<string, ActivityEntry['changes']>
}

function toEntry(row: EventRow, { names, changes }: Looked): ActivityEntry {
  return {
    id: row.id,
    type: row.type,
    subject: row.subject,
    record_version: row.record_version,
    actor: row.actor_id === null ? null : { id: row.actor_id, name: names.get(row.actor_id) ?? null },
    occurred_at: row.occurred_at.toISOString(),
    changes: changes.get(row.id) ?? [],
    data: parse(row.data),
  }
}

/** Written as an object by the outbox. */
function parse(json: string): Data {
  return JSON.parse(json)
}
