import type { Catalogues } from './catalogues.ts'
import type { EndpointCall, Endpoints, Handler } from './endpoint.ts'

export const catalogueEndpoints: Endpoints = {
  'sd.version': { GET: () => ({ version: 'v8.15.13' }) },
  'incident.attributes.priority': { GET: attribute('priorities') },
  'incident.attributes.type': { GET: attribute('types') },
  'incident.attributes.status': { GET: attribute('statuses') },
  'incident.attributes.statuses': { GET: attribute('statuses') },
  'incident.attributes.source': { GET: attribute('sources') },
  'incident.attributes.category': { GET: listCategories },
  categories: { GET: listCategories },
  helpdesks: { GET: attribute('helpdesks') },
  locations: { GET: attribute('locations') },
  groups: { GET: attribute('groups') },
  companies: { GET: attribute('companies') },
}

/** The whole list, or with `id` that one. */
function attribute(name: Exclude<keyof Catalogues, 'categories'>): Handler {
  return ({ read, store }) => {
    const id = read.optionalInteger('id')
    const list = store.catalogues[name]
    return id === null ? list : (list.find((each) => each.id === id) ?? false)
  }
}

const DEFAULT_PAGE_SIZE = 20

/** The ids are strings, as they are on every instance. */
function listCategories({ read, store, settings }: EndpointCall): unknown {
  const [from, to] = rangeOf(read, settings)
  const id = read.optionalInteger('id')
  const search = read.optionalText('search')?.toLowerCase() ?? ''
  return store.catalogues.categories
    .filter((each) => (id === null || each.id === id) && each.name.toLowerCase().includes(search))
    .slice(from, to)
    .map((each) => ({ id: String(each.id), name: each.name, parent_category_id: each.parentId }))
}

function rangeOf(
  read: EndpointCall['read'],
  { mostCategories }: EndpointCall['settings'],
): readonly [from: number, to: number] {
  if (mostCategories === 'all') return [0, Number.POSITIVE_INFINITY]
  const size = Math.min(read.optionalInteger('page_size') ?? DEFAULT_PAGE_SIZE, mostCategories)
  const page = Math.max(read.optionalInteger('page') ?? 1, 1)
  return [(page - 1) * size, page * size]
}
