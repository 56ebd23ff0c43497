import type { InvgateDesk, InvgateIncident, InvgatePerson } from './contract.ts'
import { toDate, toFields, toId, toInteger, toList, toPageKey, toText } from './decode.ts'
import { InvgateFailure } from './failure.ts'
import type { Line } from './line.ts'
import { carriesReference, plainWithReference } from './reference.ts'
import { encodeJson } from './request-body.ts'
import { statusOfId, statusOfWord } from './status-words.ts'
import { unreadable } from './unreadable.ts'

const MOST_PAGES = 50

/** The façade of three calls in JSON: it can make, find and read tickets, and nothing else. */
export function createSimpleDesk(line: Line): InvgateDesk {
  async function find(id: string): Promise<InvgateIncident | null> {
    const answer = await line.ask({ method: 'GET', path: `incidents/${encodeURIComponent(id)}` })
    return answer === null ? null : readIncident(answer)
  }
  return {
    abilities: new Set(),
    async create(incident, limit) {
      const { files: _, reference, title, description, creator, customer } = incident
      const body = encodeJson({
        title,
        description: plainWithReference(description, reference),
        creator_id: nameOf(creator),
        customer_id: nameOf(customer),
        category_id: incident.categoryId,
        type_id: incident.typeId,
        priority_id: incident.priorityId,
        source_id: incident.sourceId,
      })
      const timeout = limit === undefined ? {} : { timeoutMs: limit.withinMs }
      const fields = toFields(await line.ask({ method: 'POST', path: 'incidents', body, ...timeout }))
      const id = toId(fields.get('id'))
      if (id !== null) return { id }
      throw new InvgateFailure({
        code: 'unreadable',
        message: 'InvGate did not say which ticket it has made',
        mayBeDone: true,
      })
    },
    findByReference: async (reference, creator) => await search(line, { reference, creator }),
    find,
    async list(ids) {
      const found: InvgateIncident[] = []
      for (const id of ids) {
        const incident = await find(id)
        if (incident !== null) found.push(incident)
      }
      return found
    },
    listComments: async () => [],
    comment: cannot,
    move: cannot,
    findUser: async () => null,
    createUser: cannot,
    placeUser: cannot,
    listCatalogue: async () => [],
    async check() {
      await line.ask({ method: 'GET', path: 'incidents', query: [['creator_id', '0']] })
    },
  }
}

async function cannot(): Promise<never> {
  throw new InvgateFailure({
    code: 'refused',
    message: 'this dialect of InvGate cannot do that',
    mayBeDone: false,
  })
}

function nameOf({ id, email }: InvgatePerson): number | string {
  return id ?? email
}

async function search(
  line: Line,
  { reference, creator }: { readonly reference: string; readonly creator: InvgatePerson },
): Promise<{ readonly id: string } | null> {
  let key: string | null = null
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const ofCreator = ['creator_id', String(nameOf(creator))] as const
    const answer: unknown = await line.ask({
      method: 'GET',
      path: 'incidents',
      query: key === null ? [ofCreator] : [ofCreator, ['page_key', key]],
    })
    const fields = toFields(answer)
    const rows = fields.get('data')
    if (typeof rows !== 'object' || rows === null) throw unreadable('incidents')
    for (const row of toList(rows)) {
      const found = toFields(row)
      const id = toId(found.get('id'))
      if (id !== null && carriesReference(toText(found.get('description')), reference)) return { id }
    }
    key = toPageKey(fields.get('page_key'))
    if (key === null) return null
  }
  throw unreadable(`incidents: more than ${MOST_PAGES} pages`)
}

function readIncident(answer: unknown): InvgateIncident {
  const fields = toFields(answer)
  const id = toId(fields.get('id'))
  if (id === null) throw unreadable('incidents')
  return {
    id,
    title: toText(fields.get('title')),
    priorityId: toInteger(fields.get('priority_id')),
    status: statusOfId(toInteger(fields.get('status_id'))) ?? statusOfWord(toText(fields.get('status'))),
    rating: toInteger(fields.get('rating')),
    createdAt: toDate(fields.get('created_at')),
    updatedAt: toDate(fields.get('updated_at')),
  }
}
