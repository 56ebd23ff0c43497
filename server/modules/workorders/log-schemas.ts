import { type Static, Type } from 'typebox'
import {
  Count,
  Id,
  Line,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Strict,
  Time,
} from '#platform/http/schemas'
import { entryKinds, scrapReasons } from './lifecycle.ts'
import { WorkOrder } from './schemas.ts'

export const ProgressBody = Strict({
  note: Line(1_000),
  quantity: Type.Optional(Nullable(Count)),
  scrap: Type.Optional(Nullable(Count)),
  scrap_reason: Type.Optional(
    Nullable(Type.Enum([...scrapReasons], { description: '`other` where nothing is said' })),
  ),
  rework: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 0,
        maximum: 1_000_000_000,
        description: 'Pieces that had to be worked on again; they count once they are good, as good ones',
      }),
    ),
  ),
})

export const ProgressReport = Type.Object({
  id: Id,
  work_order_id: Id,
  note: Type.String(),
  quantity: Type.Integer({ description: 'Good ones, as they were reported' }),
  scrap: Type.Integer(),
  scrap_reason: Nullable(Type.Enum([...scrapReasons])),
  rework: Type.Integer(),
  entry_ids: Type.Array(Id, { description: 'The entries of the log that came with it' }),
  operator_id: Nullable(Id),
  created_at: Time,
})
export const ProgressAnswer = Type.Object({ ...ProgressReport.properties, work_order: WorkOrder })
export const ProgressPage = PageOf(ProgressReport)

export const LogEntry = Type.Object({
  id: Id,
  work_order_id: Id,
  kind: Type.Enum([...entryKinds]),
  quantity: Type.Integer({ description: 'Below zero where it takes another entry back' }),
  scrap_reason: Nullable(Type.Enum([...scrapReasons])),
  note: Nullable(Type.String()),
  reverses_id: Nullable(Id),
  reversed_by_id: Nullable(Id),
  report_id: Nullable(Id),
  /** Whose work it was. */
  operator_id: Nullable(Id),
  /** Who wrote it down. */
  recorded_by: Nullable(Id),
  business_day: Type.String(),
  created_at: Time,
})
export const ReversalAnswer = Type.Object({ ...LogEntry.properties, work_order: WorkOrder })
export const LogEntryPage = PageOf(LogEntry)

const logSorts = ['created_at', '-created_at'] as const
const logSort = Type.Optional(Type.Enum([...logSorts], { description: 'The newest first without it' }))

export const ProgressQuery = Strict({ ...numberedPageQuery, sort: logSort })
export const LogEntryQuery = Strict({
  ...numberedPageQuery,
  kind: Type.Optional(Type.Enum([...entryKinds])),
  sort: logSort,
})
export const EntryParams = Type.Object({ id: Id, entry_id: Id })
export const ReverseBody = Type.Optional(Strict({ note: Type.Optional(Nullable(Prose(1_000))) }))

export type ProgressBody = Static<typeof ProgressBody>
export type ProgressReport = Static<typeof ProgressReport>
export type ProgressAnswer = Static<typeof ProgressAnswer>
export type ProgressQuery = Static<typeof ProgressQuery>
export type LogEntry = Static<typeof LogEntry>
export type ReversalAnswer = Static<typeof ReversalAnswer>
export type LogEntryQuery = Static<typeof LogEntryQuery>
