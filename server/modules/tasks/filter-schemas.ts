import { type Static, Type } from 'typebox'
import { Id, Line, PageOf, pageQuery, Strict, Time, Version } from '#platform/http/schemas'
import { taskFilters } from './schemas.ts'

/** What can be asked of the list, without where in it. */
export const SavedQuery = Strict(taskFilters)
export const SavedFilter = Type.Object({
  id: Id,
  name: Type.String(),
  query: SavedQuery,
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const SavedFilterPage = PageOf(SavedFilter)
export const SavedFilterBody = Strict({ name: Line(200), query: SavedQuery })
export const SavedFilterChange = Strict({
  name: Type.Optional(Line(200)),
  query: Type.Optional(SavedQuery),
})
export const SavedFilterQuery = Strict(pageQuery)

export type SavedFilter = Static<typeof SavedFilter>
export type SavedFilterBody = Static<typeof SavedFilterBody>
export type SavedFilterChange = Static<typeof SavedFilterChange>
export type SavedFilterQuery = Static<typeof SavedFilterQuery>
