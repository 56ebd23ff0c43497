import type { Clock } from '#platform/clock'
import type { CatalogueEntry, CatalogueName, InvgateDesk } from './contract.ts'

export type Catalogues = (name: CatalogueName) => Promise<readonly CatalogueEntry[]>

const KEPT_MS = 86_400_000

/** Catalogues are asked for once a day; while InvGate is away the old ones stay good. */
export function createCatalogues(parts: {
  readonly desk: Pick<InvgateDesk, 'listCatalogue'>
  readonly clock: Clock
}): Catalogues {
  const { desk, clock } = parts
  const kept = new Map<
    CatalogueName,
    { readonly entries: readonly CatalogueEntry[]; readonly endsMs: number }
  >()
  const asked = new Map<CatalogueName, Promise<readonly CatalogueEntry[]>>()

  async function refresh(name: CatalogueName): Promise<readonly CatalogueEntry[]> {
    try {
      const entries = await desk.listCatalogue(name)
      kept.set(name, { entries, endsMs: clock.now().getTime() + KEPT_MS })
      return entries
    } finally {
      asked.delete(name)
    }
  }

  return async (name) => {
    const known = kept.get(name)
    if (known !== undefined && clock.now().getTime() < known.endsMs) return known.entries
    const asking = asked.get(name) ?? refresh(name)
    asked.set(name, asking)
    try {
      return await asking
    } catch (error) {
      if (known === undefined) throw error
      return known.entries
    }
  }
}
