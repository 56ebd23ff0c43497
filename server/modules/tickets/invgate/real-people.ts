import type { CatalogueEntry, InvgateDesk } from './contract.ts'
import { toFields, toId, toInteger, toList, toText } from './decode.ts'
import { InvgateFailure } from './failure.ts'
import type { Line } from './line.ts'
import { encodeForm } from './request-body.ts'
import { orNull, unreadable } from './unreadable.ts'

type Parts = Pick<InvgateDesk, 'findUser' | 'createUser' | 'placeUser' | 'listCatalogue' | 'check'>

export function createRealPeople(line: Line): Parts {
  return {
    findUser: async (email) => await findUser(line, email),
    async createUser({ name, lastname, email }) {
      const pairs: [string, string][] = [
        ['name', name],
        ['lastname', lastname],
        ['email', email],
      ]
      const fields = toFields(await line.ask({ method: 'POST', path: 'user', body: encodeForm(pairs) }))
      const id = toInteger(fields.get('id'))
      if (id === null) {
        throw new InvgateFailure({
          code: 'unreadable',
          message: 'InvGate did not say which user it has made',
          mayBeDone: true,
        })
      }
      return { id }
    },
    async placeUser(id, { companyId, groupId }) {
      for (const [path, place] of [
        ['companies.users', companyId],
        ['groups.users', groupId],
      ] as const) {
        if (place === null) continue
        const body = encodeForm([
          ['id', String(place)],
          ['users[]', String(id)],
        ])
        await line.ask({ method: 'POST', path, body })
      }
    },
    listCatalogue: async (name) =>
      name === 'categories' ? await listCategories(line) : await listAttribute(line, name),
    async check() {
      await line.ask({ method: 'GET', path: 'sd.version' })
    },
  }
}

async function findUser(line: Line, email: string): Promise<{ readonly id: number } | null> {
  const answer = await orNull(line.ask({ method: 'GET', path: 'user.by', query: [['email', email]] }))
  const id = toInteger(toFields(answer).get('id'))
  return id === null ? null : { id }
}

const ATTRIBUTES = {
  statuses: 'incident.attributes.status',
  priorities: 'incident.attributes.priority',
  types: 'incident.attributes.type',
  sources: 'incident.attributes.source',
} as const

async function listAttribute(line: Line, name: keyof typeof ATTRIBUTES): Promise<CatalogueEntry[]> {
  return readEntries(await line.ask({ method: 'GET', path: ATTRIBUTES[name] }))
}

const PAGE_SIZE = 500
const MOST_PAGES = 100

/** Page by page until one brings nothing new: some instances give fewer than asked for, and old ones all at once. */
async function listCategories(line: Line): Promise<CatalogueEntry[]> {
  const found = new Map<number, CatalogueEntry>()
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const before = found.size
    const query = [
      ['page', String(page)],
      ['page_size', String(PAGE_SIZE)],
    ] as const
    const entries = readEntries(await line.ask({ method: 'GET', path: 'categories', query }))
    for (const entry of entries) found.set(entry.id, entry)
    if (found.size === before) break
  }
  return [...found.values()]
}

function readEntries(answer: unknown): CatalogueEntry[] {
  if (typeof answer !== 'object' || answer === null) throw unreadable('catalogue')
  return toList(answer).flatMap((row) => {
    const fields = toFields(row)
    const id = toInteger(fields.get('id'))
    const parentId = toId(fields.get('parent_category_id'))
    return id === null
      ? []
      : [{ id, name: toText(fields.get('name')), parentId: parentId === null ? null : Number(parentId) }]
  })
}
