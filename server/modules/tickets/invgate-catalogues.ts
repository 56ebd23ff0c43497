import type { Static } from 'typebox'
import type { CatalogueEntry, CatalogueName } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateBridge } from './invgate-bridge.ts'
import type { TicketCatalogues } from './invgate-schemas.ts'

type Catalogues = Static<typeof TicketCatalogues>

/** As every instance has them from the start, in the sequence of their ids. */
const OWN = {
  statuses: ['New', 'Open', 'Pending', 'Waiting', 'Solved', 'Closed', 'Rejected', 'Cancelled'],
  priorities: ['Low', 'Medium', 'High', 'Urgent', 'Critical'],
  types: ['Incident', 'Service request', 'Question', 'Problem', 'Change', 'Major incident'],
  sources: [
    'Mail',
    'Web',
    'Phone',
    'In person',
    'Instant messaging',
    'Scheduled',
    'Imported',
    'API',
    'Teams',
    'WhatsApp',
    'Workflow',
    'Chat',
    'Mobile',
    'MCP',
  ],
  categories: [],
} as const satisfies Record<CatalogueName, readonly string[]>

/** What the ids of a ticket mean: in InvGate's words, which every instance chooses for itself, or else in ours. */
export async function readCatalogues(bridge: InvgateBridge | null): Promise<Catalogues> {
  if (bridge === null || !bridge.desk.abilities.has('catalogues')) return ownCatalogues()
  try {
    const read = async (name: CatalogueName) => (await bridge.catalogues(name)).map(toEntry)
    return {
      source: 'invgate',
      statuses: await read('statuses'),
      priorities: await read('priorities'),
      types: await read('types'),
      sources: await read('sources'),
      categories: await read('categories'),
    }
  } catch (error) {
    if (error instanceof InvgateFailure) return ownCatalogues()
    throw error
  }
}

function ownCatalogues(): Catalogues {
  const own = (name: CatalogueName) =>
    OWN[name].map((label, index) => ({ id: index + 1, name: label, parent_id: null }))
  return {
    source: 'own',
    statuses: own('statuses'),
    priorities: own('priorities'),
    types: own('types'),
    sources: own('sources'),
    categories: own('categories'),
  }
}

function toEntry({ id, name, parentId }: CatalogueEntry) {
  return { id, name, parent_id: parentId }
}
