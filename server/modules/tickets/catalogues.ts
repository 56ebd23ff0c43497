import { invalidField } from '#platform/errors'

/** InvGate's catalogues as every instance has them from the start; without InvGate they are ours. */
const CATALOGUES = {
  /** Low, medium, high, urgent, critical. */
  priority_id: [1, 2, 3, 4, 5],
  /** Incident, service request, question, problem, change, major incident. */
  type_id: [1, 2, 3, 4, 5, 6],
  /** From mail to MCP; 2 is the web, 8 an API. */
  source_id: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14],
} as const

export const MEDIUM_PRIORITY = 2
export const WEB_SOURCE = 2
export const API_SOURCE = 8

type Named = { readonly [Name in keyof typeof CATALOGUES]?: number | null | undefined }

/** Refuses ids that the catalogues do not have; a category is free, for every instance has its own. */
export function requireKnownIds(named: Named): void {
  for (const name of ['priority_id', 'type_id', 'source_id'] as const) {
    const id = named[name]
    if (id === undefined || id === null || CATALOGUES[name].some((known) => known === id)) continue
    throw invalidField({
      pointer: `/${name}`,
      code: 'unknown_id',
      text: { en: 'is not in the catalogue', id: 'tidak ada dalam katalog' },
    })
  }
}
