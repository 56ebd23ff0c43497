import type { Evidence, LogRow } from './evidence.ts'
import { each, type Violation } from './violation.ts'

/** Positions are one sequence without gaps, and the events of one record stand in it in the record's order. */
export function checkLog({ log, isSettled }: Evidence): Violation[] {
  const waiting = log.filter(({ position }) => position === null)
  return [
    ...(isSettled ? each('I3-position', waiting.map(name), (event) => `${event} has no position`) : []),
    ...findGaps(log),
    ...findDisorder(log),
  ]
}

function name({ type, id, subject }: LogRow): string {
  return `the event ${type} ${id} of ${subject}`
}

function findGaps(log: readonly LogRow[]): Violation[] {
  const positions = log.flatMap(({ position }) => position ?? []).toSorted((a, b) => a - b)
  const violations: Violation[] = []
  let last = 0
  for (const position of positions) {
    if (position === last)
      violations.push({ invariant: 'I3-position', message: `two events have the position ${position}` })
    else if (position !== last + 1) {
      const range =
        position === last + 2 ? `position ${last + 1}` : `positions ${last + 1} to ${position - 1}`
      violations.push({ invariant: 'I3-position', message: `no event has the ${range}` })
    }
    last = position
  }
  return violations.slice(0, 20)
}

function findDisorder(log: readonly LogRow[]): Violation[] {
  const violations: Violation[] = []
  for (const [subject, events] of Map.groupBy(log, (row) => row.subject)) {
    const ordered = events.toSorted((a, b) => a.record_version - b.record_version)
    for (const [index, later] of ordered.entries()) {
      const earlier = ordered[index - 1]
      if (earlier === undefined || later.position === null) continue
      const isBehind = earlier.position !== null && earlier.position < later.position
      if (isBehind || earlier.record_version === later.record_version) continue
      const message = `${subject} has version ${later.record_version} at position ${later.position} and version ${earlier.record_version} at ${earlier.position ?? 'none'}`
      violations.push({ invariant: 'I5', message })
    }
  }
  return violations
}
