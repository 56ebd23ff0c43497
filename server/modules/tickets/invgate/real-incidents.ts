import type { InvgateDesk, InvgateIncident, InvgatePerson, NewInvgateIncident } from './contract.ts'
import { toDate, toFields, toId, toInteger, toList, toPageKey, toText } from './decode.ts'
import { findEnded } from './ended-incidents.ts'
import { InvgateFailure } from './failure.ts'
import type { Line } from './line.ts'
import { carriesReference, describeWithReference } from './reference.ts'
import { encodeForm } from './request-body.ts'
import { statusOfId } from './status-words.ts'
import { FILES_TIMEOUT_MS } from './timeouts.ts'
import { orNull, unreadable } from './unreadable.ts'

/** So many ids go into one request. */
const BATCH = 100
/** Pages that are looked through for a reference before giving up, which is not the same as not finding it. */
const MOST_PAGES = 50

export function createRealIncidents(
  line: Line,
): Pick<InvgateDesk, 'create' | 'find' | 'list' | 'findByReference'> {
  return {
    create: async (incident, limit) => await create(line, incident, limit),
    async find(id) {
      const fields = toFields(
        await orNull(line.ask({ method: 'GET', path: 'incident', query: [['id', id]] })),
      )
      return fields.size === 0 ? null : readIncident(fields)
    },
    async list(ids) {
      const found: InvgateIncident[] = []
      for (let from = 0; from < ids.length; from += BATCH) {
        const query = ids.slice(from, from + BATCH).map((id) => ['ids[]', id] as const)
        const answer = await line.ask({ method: 'GET', path: 'incidents', query })
        if (typeof answer !== 'object' || answer === null) throw unreadable('incidents')
        // One that InvGate answers with false or null is not there; what makes no sense spoils no other's answer.
        const rows = toList(answer).map(toFields)
        found.push(...rows.filter((row) => toId(row.get('id')) !== null).map(readIncident))
      }
      return found
    },
    async findByReference(reference, { id: customerId, since = null }) {
      // Open ones of the customer first; one that was solved at once is among those of the last hour, or has ended.
      const ofCustomer =
        customerId === null
          ? null
          : await search(line, {
              path: 'incidents.by.customer',
              query: [['id', String(customerId)]],
              reference,
            })
      const found = ofCustomer ?? (await search(line, { path: 'incidents.last.hour', query: [], reference }))
      return found ?? (await findEnded(line, { reference, since }))
    },
  }
}

async function create(
  line: Line,
  incident: NewInvgateIncident,
  limit?: { readonly withinMs: number },
): Promise<{ readonly id: string }> {
  const { reference, title, description, creator, customer, files, sourceId } = incident
  const pairs: [string, string][] = [
    ['creator_id', String(idOf(creator))],
    ['customer_id', String(idOf(customer))],
    ['category_id', String(incident.categoryId)],
    ['priority_id', String(incident.priorityId)],
    ['type_id', String(incident.typeId)],
    ['title', title],
    ['description', describeWithReference(description, reference)],
  ]
  if (sourceId !== null) pairs.push(['source_id', String(sourceId)])
  const answer = await line.ask({
    method: 'POST',
    path: 'incident',
    body: encodeForm(pairs, files),
    ...(files.length === 0 ? {} : { timeoutMs: FILES_TIMEOUT_MS }),
    ...(limit === undefined ? {} : { timeoutMs: limit.withinMs }),
  })
  const fields = toFields(answer)
  const id = ['request_id', 'id', 'incident_id']
    .map((name) => toId(fields.get(name)))
    .find((each) => each !== null)
  if (id !== undefined && id !== null) return { id }
  // It was made, or not: nobody can tell from this.
  throw new InvgateFailure({
    code: 'unreadable',
    message: 'InvGate did not say which request it has made',
    mayBeDone: true,
  })
}

function idOf({ id }: InvgatePerson): number {
  if (id !== null) return id
  throw new InvgateFailure({
    code: 'refused',
    message: 'the person has no account at InvGate yet',
    mayBeDone: false,
  })
}

type Search = {
  readonly path: string
  readonly query: readonly (readonly [string, string])[]
  readonly reference: string
}

async function search(
  line: Line,
  { path, query, reference }: Search,
): Promise<{ readonly id: string } | null> {
  let key: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const answer: unknown = await line.ask({
      method: 'GET',
      path,
      // The first page has no key; any other one would skip some.
      query: key === null ? query : [...query, ['page_key', key]],
    })
    const fields = toFields(answer)
    const rows = Array.isArray(answer) ? answer : (fields.get('requests') ?? fields.get('data'))
    // An answer without the list would look like one without the incident, and it would be made twice.
    if (typeof rows !== 'object' || rows === null) throw unreadable(path)
    for (const row of toList(rows)) {
      const found = toFields(row)
      const id = toId(found.get('id'))
      if (id !== null && carriesReference(toText(found.get('description')), reference)) return { id }
    }
    key = toPageKey(fields.get('next_page_key'))
    if (key === null) return null
  }
  throw unreadable(`${path}: more than ${MOST_PAGES} pages`)
}

function readIncident(fields: ReadonlyMap<string, unknown>): InvgateIncident {
  const id = toId(fields.get('id'))
  if (id === null) throw unreadable('incident')
  return {
    id,
    title: toText(fields.get('title')),
    priorityId: toInteger(fields.get('priority_id')),
    status: statusOfId(toInteger(fields.get('status_id'))),
    rating: toInteger(fields.get('rating')),
    createdAt: toDate(fields.get('created_at')),
    updatedAt: toDate(fields.get('last_update')),
  }
}
