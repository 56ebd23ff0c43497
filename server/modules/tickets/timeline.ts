import { findPeople } from '#modules/people'
import type { Call } from '#platform/call'
import { presentPage, toPageRequest } from '#platform/http/schemas'
import { getTicketRow, viewerOf } from './access.ts'
import { listGroups } from './group-queries.ts'
import { findFiles, type MessageRow } from './message-queries.ts'
import { readFileIds, toMessage } from './message-views.ts'
import { peopleIn } from './parties.ts'
import type { TicketParts } from './parts.ts'
import { changesOf, detailsOf, type Facts, isWorthTelling, peopleOf, readFacts } from './timeline-entries.ts'
import { findEvents, findMessages, findVersions, type LoggedEvent, listMoments } from './timeline-queries.ts'
import type { TimelineEntry, TimelineQuery } from './timeline-schemas.ts'

export type Timelines = ReturnType<typeof createTimelines>

type Told = Omit<TimelineEntry, 'at'>

/**
 * Everything that became of a ticket, from the log and its messages (D8). The desk reads all of it; whose ticket it is,
 * and who watches it, all but the notes and what the desk keeps for itself, so that a page of theirs may have fewer
 * entries than they asked for.
 */
export function createTimelines({ db }: Pick<TicketParts, 'db'>) {
  return {
    async readTimeline(call: Call, reference: string, query: TimelineQuery) {
      const { id: ticketId } = await getTicketRow(db, call, reference)
      const isForDesk = viewerOf(call) === null
      const page = await listMoments(db, {
        ticketId,
        isForDesk,
        descending: query.sort !== 'at',
        request: toPageRequest(query),
      })
      const idsOf = (wanted: string) =>
        page.rows.filter(({ source }) => source === wanted).map(({ id }) => id)
      const told = new Map([
        ...(await tellEvents(idsOf('event'), { ticketId, isForDesk })),
        ...(await tellMessages(idsOf('message'))),
      ])
      const rows = page.rows.flatMap(({ id, happened_at: at }) => {
        const entry = told.get(id)
        return entry === undefined ? [] : [{ ...entry, at: at.toISOString() }]
      })
      return presentPage(
        { ...page, rows: isForDesk ? rows : rows.filter(isWorthTelling) },
        (entry: TimelineEntry) => entry,
      )
    },
  }

  type Reading = { readonly ticketId: string; readonly isForDesk: boolean }

  async function tellEvents(ids: readonly string[], { ticketId, isForDesk }: Reading) {
    const events = await findEvents(db, ids)
    const own = events.filter(({ subject }) => subject === `ticket/${ticketId}`)
    const versions = await readVersions(
      ticketId,
      own.map(({ record_version: version }) => version - 1),
    )
    const facts = events.map((event) => ({ event, after: readFacts(event) }))
    const names = await findNames([...versions.values(), ...facts.map(({ after }) => after)], events)
    return facts.map(({ event, after }): readonly [string, Told] => {
      const before = own.includes(event) ? (versions.get(event.record_version - 1) ?? null) : null
      const { id, type, actor_id: actorId } = event
      const entry: Told = {
        id,
        type,
        actor: actorId === null ? null : { id: actorId, name: names.get(actorId) ?? null },
        changes: changesOf({ before, after, isForDesk, names }),
        message: null,
        ...detailsOf(type, after),
      }
      return [id, entry]
    })
  }

  /** How the ticket was told at these versions. */
  async function readVersions(ticketId: string, versions: readonly number[]) {
    const events = await findVersions(db, { ticketId, versions })
    return new Map(events.map((event) => [event.record_version, readFacts(event)]))
  }

  async function findNames(facts: readonly Facts[], events: readonly LoggedEvent[]) {
    const actors = events.map(({ actor_id: id }) => id).filter((id) => id !== null)
    const people = await findPeople(peopleIn(db), [...new Set([...actors, ...peopleOf(facts)])])
    const groups = await listGroups(db)
    return new Map([
      ...Array.from(people, ([id, { name }]): [string, string] => [id, name]),
      ...groups.map(({ id, name }): [string, string] => [id, name]),
    ])
  }

  async function tellMessages(ids: readonly string[]) {
    const rows = await findMessages(db, ids)
    const files = await findFiles(db, rows.flatMap(readFileIds))
    return rows.map((row): readonly [string, Told] => {
      const entry: Told = {
        id: row.id,
        type: row.kind === 'note' ? 'ticket.noted' : 'ticket.replied',
        actor: authorOf(row),
        changes: [],
        message: toMessage(row, files),
        link: null,
        sla: null,
        rework: null,
      }
      return [row.id, entry]
    })
  }
}

function authorOf({ author_id: id, author_name: name }: MessageRow): TimelineEntry['actor'] {
  return { id, name }
}
