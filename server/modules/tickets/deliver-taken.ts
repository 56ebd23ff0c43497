import type { Kysely } from 'kysely'
import type { Outcome } from './deliver-outcome.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { TicketRow } from './queries.ts'
import type { TicketTables } from './table.ts'

/**
 * An incident that is another ticket's already cannot be this one's: an InvGate that was put back to an older state
 * counts anew. To ask again would make another incident each time, so that somebody has to look at it.
 */
export async function refuseTaken(
  db: Kysely<TicketTables>,
  row: Pick<TicketRow, 'id'>,
  outcome: Outcome,
): Promise<Outcome> {
  const incidentId = outcome.what === 'done' ? outcome.delivered.incidentId : undefined
  if (incidentId === undefined) return outcome
  const other = await db
    .selectFrom('tickets')
    .select('id')
    .where('invgate_id', '=', incidentId)
    .where('id', '!=', row.id)
    .executeTakeFirst()
  if (other === undefined) return outcome
  const failure = new InvgateFailure({
    code: 'refused',
    message: `InvGate has made ${incidentId} of it, which is another ticket here`,
    mayBeDone: false,
  })
  return { what: 'failed', failure }
}
