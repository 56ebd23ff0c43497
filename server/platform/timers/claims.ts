import { randomUUID } from 'node:crypto'
import { type Kysely, type RawBuilder, type SqlBool, sql, type Transaction } from 'kysely'
import { type Call, systemCall } from '../call.ts'
import type { Clock } from '../clock.ts'
import { engineOf } from '../database/engine.ts'
import { describeFailure } from '../database/failure.ts'
import type { PlatformTables } from '../database/tables.ts'
import { transaction } from '../database/transaction.ts'
import type { DueTimer, NewTimer, Outcome, TimerName } from './timer.ts'

/** What becomes of the rows of `timers`. */

/** How long a claim stands unless it is renewed, and so how long the timers of a process that has died must wait. */
const CLAIM_MS = 6_000
/** No claim is renewed for longer; a handler that takes longer has worked for nothing. */
const LONGEST_CLAIM_MS = 30_000
const FIRST_PAUSE_MS = 1_000
const LONGEST_PAUSE_MS = 600_000

export type Claim = DueTimer & {
  readonly kind: string
  readonly claimId: string
  readonly claimedAt: Date
}

const call: Call<unknown> = systemCall

/** A claim on a timer that is due and was not claimed before. */
export function newClaim({ kind, subject, dueAt, data }: NewTimer, now: Date): Claim {
  const read = data === undefined ? undefined : JSON.parse(JSON.stringify(data))
  return { kind, subject, dueAt, data: read, attempt: 1, claimId: randomUUID(), claimedAt: now }
}

/** Whether a claim stands long enough to be renewed before it runs out. */
export function isFresh({ claimedAt }: Pick<Claim, 'claimedAt'>, now: Date): boolean {
  return now.getTime() - claimedAt.getTime() < CLAIM_MS / 2
}

/** Sets a timer, in the place of one of the same kind and subject; with a claim on it if one is given. */
export async function upsertTimer(
  trx: Transaction<PlatformTables>,
  { kind, subject, dueAt, data }: NewTimer,
  claim?: Pick<Claim, 'attempt' | 'claimId' | 'claimedAt'>,
): Promise<void> {
  const columns = {
    due_at: dueAt,
    next_at: claim === undefined ? dueAt : endOf(claim.claimedAt),
    attempt: claim?.attempt ?? 0,
    claim_id: claim?.claimId ?? null,
    data: data === undefined ? null : JSON.stringify(data),
    last_error: null,
  }
  const insert = trx.insertInto('timers').values({ kind, subject, ...columns })
  await (engineOf(trx) === 'mysql'
    ? insert.onDuplicateKeyUpdate(columns)
    : insert.onConflict((conflict) => conflict.columns(['kind', 'subject']).doUpdateSet(columns))
  ).execute()
}

/** Sets a timer unless it is there. */
export async function insertTimer(
  db: Kysely<PlatformTables>,
  { kind, subject, dueAt }: NewTimer,
): Promise<void> {
  const row = {
    kind,
    subject,
    due_at: dueAt,
    next_at: dueAt,
    attempt: 0,
    claim_id: null,
    data: null,
    last_error: null,
  }
  const insert = db.insertInto('timers').values(row)
  await (engineOf(db) === 'mysql'
    ? insert.onDuplicateKeyUpdate({ kind })
    : insert.onConflict((conflict) => conflict.doNothing())
  ).execute()
}

export async function deleteTimers(
  trx: Transaction<PlatformTables>,
  timers: readonly TimerName[],
): Promise<void> {
  for (const [kind, some] of Map.groupBy(timers, (timer) => timer.kind)) {
    const subjects = some.map(({ subject }) => subject)
    await trx.deleteFrom('timers').where('kind', '=', kind).where('subject', 'in', subjects).execute()
  }
}

/** The kind is wrapped up, or SQLite would read all timers of these kinds instead of the next ones. */
export function kindIn(kinds: readonly string[]): RawBuilder<SqlBool> {
  const list = kinds.length === 0 ? [sql.lit('')] : kinds.map((kind) => sql`${kind}`)
  return sql<SqlBool>`coalesce(kind, '') in (${sql.join(list)})`
}

/** When a claim that is made or renewed now runs out. */
function endOf(now: Date): Date {
  return new Date(now.getTime() + CLAIM_MS)
}

type ClaimParts = {
  readonly db: Kysely<PlatformTables>
  readonly clock: Clock
  readonly kinds: readonly string[]
  readonly limit: number
}

/** Timers whose time has come, longest due first, locked unless somebody else has locked them. */
export function selectDue(
  db: Kysely<PlatformTables>,
  { now, kinds, limit }: { readonly now: Date; readonly kinds: readonly string[]; readonly limit: number },
) {
  return db
    .selectFrom('timers')
    .select(['kind', 'subject', 'due_at', 'attempt', 'data'])
    .where('next_at', '<=', now)
    .where(kindIn(kinds))
    .orderBy('next_at')
    .limit(limit)
    .forUpdate()
    .skipLocked()
}

/** Claims timers whose time has come, longest due first; no other process gets the same ones while the claim stands. */
export async function claimTimers({ db, clock, kinds, limit }: ClaimParts): Promise<Claim[]> {
  if (kinds.length === 0 || limit === 0) return []
  return await transaction(db, call, async (trx) => {
    const now = clock.now()
    const rows = await selectDue(trx, { now, kinds, limit }).execute()
    const claimId = randomUUID()
    for (const [kind, claimed] of Map.groupBy(rows, (row) => row.kind)) {
      await trx
        .updateTable('timers')
        .set((eb) => ({ next_at: endOf(now), claim_id: claimId, attempt: eb('attempt', '+', 1) }))
        .where('kind', '=', kind)
        .where(
          'subject',
          'in',
          claimed.map(({ subject }) => subject),
        )
        .execute()
    }
    return rows.map((row) => ({
      kind: row.kind,
      subject: row.subject,
      dueAt: row.due_at,
      attempt: row.attempt + 1,
      data: row.data === null ? undefined : JSON.parse(row.data),
      claimId,
      claimedAt: now,
    }))
  })
}

/** Keeps the claims that still stand from running out while their process lives. */
export async function renewClaims(
  { db, clock }: Pick<ClaimParts, 'db' | 'clock'>,
  claims: readonly Pick<Claim, 'kind' | 'subject' | 'claimId' | 'claimedAt'>[],
): Promise<void> {
  const now = clock.now()
  const young = claims.filter(
    ({ claimedAt }) => now.getTime() - claimedAt.getTime() < LONGEST_CLAIM_MS - CLAIM_MS,
  )
  for (const [kind, claimed] of Map.groupBy(young, (claim) => claim.kind)) {
    const subjects = claimed.map(({ subject }) => subject)
    const ids = claimed.map(({ claimId }) => claimId)
    await db
      .updateTable('timers')
      .set({ next_at: endOf(now) })
      .where('kind', '=', kind)
      .where('subject', 'in', subjects)
      .where('claim_id', 'in', ids)
      .execute()
  }
}

type CompleteParts = {
  readonly db: Kysely<PlatformTables>
  readonly claim: Pick<Claim, 'kind' | 'subject' | 'claimId'>
  readonly work: (trx: Transaction<PlatformTables>) => Promise<Outcome | void>
}

/** Ends a timer in one transaction with its work, if the claim still stands; answers whether it did. */
export async function completeTimer({ db, claim, work }: CompleteParts): Promise<boolean> {
  return await transaction(db, call, async (trx) => {
    // Before the work, which may set the same timer anew.
    const { numDeletedRows } = await trx
      .deleteFrom('timers')
      .where('kind', '=', claim.kind)
      .where('subject', '=', claim.subject)
      .where('claim_id', '=', claim.claimId)
      .executeTakeFirstOrThrow()
    if (numDeletedRows === 0n) return false
    const outcome = await work(trx)
    if (outcome !== undefined) await upsertTimer(trx, { ...claim, dueAt: outcome.again, data: outcome.data })
    return true
  })
}

/** A second at first, twice as long each time, ten minutes at most, half of it by chance; in milliseconds. */
export function pauseAfter(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2)
}

/** Has a failed timer wait. */
export async function postponeTimer(
  { db, clock }: Pick<ClaimParts, 'db' | 'clock'>,
  { kind, subject, claimId, attempt }: Claim,
  error: unknown,
): Promise<Date> {
  const nextAt = new Date(clock.now().getTime() + pauseAfter(attempt))
  await db
    .updateTable('timers')
    .set({ next_at: nextAt, claim_id: null, last_error: describeFailure(error) })
    .where('kind', '=', kind)
    .where('subject', '=', subject)
    .where('claim_id', '=', claimId)
    .execute()
  return nextAt
}

/** When the next timer of each of two groups of kinds may be had, in one statement. */
export async function findNextTimers(
  db: Kysely<PlatformTables>,
  { rowKinds, claimed }: { readonly rowKinds: readonly string[]; readonly claimed: readonly string[] },
): Promise<{ readonly rowAt: Date | null; readonly claimAt: Date | null }> {
  const next = (kinds: readonly string[]) =>
    db
      .selectFrom('timers')
      .select((eb) => eb.fn.min('next_at').as('next_at'))
      .where(kindIn(kinds))
  const row = await db
    .selectNoFrom([next(rowKinds).as('row_at'), next(claimed).as('claim_at')])
    .executeTakeFirstOrThrow()
  return { rowAt: row.row_at, claimAt: row.claim_at }
}
