import { join } from 'node:path'
import { examine, type Findings, KNOWN_LISTENERS } from './checker/check.ts'
import type { JournalEntry } from './checker/journal.ts'
import { readMailFolder } from './checker/mails.ts'
import type { Scene } from './load-journey.ts'

/** Has the checker decide about a journey whose backlog is empty and whose journal is whole. */
export async function judge(scene: Scene, journal: readonly JournalEntry[]): Promise<Findings> {
  const { environment, dataFolder, brokerLogs } = scene
  const findings = await examine({
    environment,
    brokers: await brokerLogs(),
    mails: await readMailFolder(join(dataFolder, 'mail')),
    journal,
    listeners: KNOWN_LISTENERS,
  })
  // A journey in which nothing was seen would prove nothing.
  const nothing = Object.entries(findings.seen).filter(
    ([what, count]) => count === 0 && !what.startsWith('parked'),
  )
  if (nothing.length > 0)
    throw new Error(`the checker has seen no ${nothing.map(([what]) => what).join(', no ')}`)
  return findings
}
