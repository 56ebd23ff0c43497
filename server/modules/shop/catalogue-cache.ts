import { type CacheAside, type CacheAsideParts, createCacheAside } from '#platform/cache/cache-aside'
import { invalidateWith } from '#platform/cache/invalidation'
import type { ShopParts } from './catalogue.ts'
import type { ProductQuery } from './schemas.ts'

/** The subjects of the events that end the copies begin with it. */
const KIND = 'product'

const TEN_MINUTES_MS = 10 * 60 * 1_000
const MAX_BYTES = 32 * 1_024 * 1_024

export type CatalogueCache = Pick<CacheAside, 'record' | 'list'>

/** What the copies of the catalogue need beyond what the shop has anyway. */
export type CatalogueCacheParts = Omit<CacheAsideParts, 'db' | 'clock'>

/**
 * Keeps copies of products and of their lists (S2), and has whatever the shop does with these parts end those that it
 * makes old. They show nothing of a category but its id, which never changes.
 */
export function withCatalogueCache<Parts extends ShopParts & CatalogueCacheParts>(
  parts: Parts,
): Parts & { readonly cache: CatalogueCache } {
  const cache = createCacheAside({
    ...parts,
    kind: KIND,
    keyOf: (id) => `product:detail:${id}`,
    ttlMs: TEN_MINUTES_MS,
    maxBytes: MAX_BYTES,
  })
  return { ...parts, cache, outbox: invalidateWith({ outbox: parts.outbox, cache, kind: KIND }) }
}

type ListOf = { readonly query: ProductQuery; readonly includingHidden: boolean }

/**
 * One name for every way to ask for the same list: the filters that are set, in the order of their names. A list that
 * is paged by cursors has no number and does not count its rows, so it is another one than the first page.
 */
export function listKey({ query, includingHidden }: ListOf): string {
  const { page, ...filters } = { ...query, ...(includingHidden ? { hidden: 'included' } : {}) }
  const set = new URLSearchParams()
  for (const [name, value] of Object.entries(filters)) if (value !== undefined) set.set(name, String(value))
  set.sort()
  return `products:list:page:${page ?? 'first'}${set.size === 0 ? '' : `?${set.toString()}`}`
}

/**
 * Whether all processes share the copy of a list. Searches, prices and cursors anybody can think up without end, so
 * those lists stay in each process, where there is a bound to what is kept.
 */
export function isSharedList({ q, cursor, min_price: from, max_price: to }: ProductQuery): boolean {
  return [q, cursor, from, to].every((filter) => filter === undefined)
}
