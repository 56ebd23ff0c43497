import { knownWord } from '#platform/database/words'
import { type EntryKind, entryKinds, type ScrapReason, scrapReasons } from './lifecycle.ts'
import type { EntryRow, ReportRow } from './log-queries.ts'
import type { LogEntry, ProgressReport } from './log-schemas.ts'

export function toLogEntry(
  row: EntryRow,
  { reversedById }: { readonly reversedById: string | null },
): LogEntry {
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    kind: kindOf(row),
    quantity: row.quantity,
    scrap_reason: scrapReasonOf(row),
    note: row.note,
    reverses_id: row.reverses_id,
    reversed_by_id: reversedById,
    report_id: row.report_id,
    operator_id: row.operator_id,
    recorded_by: row.recorded_by,
    business_day: row.business_day,
    created_at: row.created_at.toISOString(),
  }
}

/** A report with the quantities that came with it, whether or not they were taken back since. */
export function toReport(row: ReportRow, entries: readonly EntryRow[]): ProgressReport {
  const sumOf = (kind: string): number =>
    entries.filter((entry) => entry.kind === kind).reduce((sum, { quantity }) => sum + quantity, 0)
  const scrap = entries.find(({ kind }) => kind === 'scrap')
  return {
    id: row.id,
    work_order_id: row.work_order_id,
    note: row.note,
    quantity: sumOf('good'),
    scrap: sumOf('scrap'),
    scrap_reason: scrap === undefined ? null : scrapReasonOf(scrap),
    rework: sumOf('rework'),
    entry_ids: entries.map(({ id }) => id),
    operator_id: row.operator_id,
    created_at: row.created_at.toISOString(),
  }
}

export function kindOf(row: Pick<EntryRow, 'kind'>): EntryKind {
  return knownWord(entryKinds, row.kind, 'the production log')
}

export function scrapReasonOf(row: Pick<EntryRow, 'scrap_reason'>): ScrapReason | null {
  return scrapReasons.find((each) => each === row.scrap_reason) ?? null
}
