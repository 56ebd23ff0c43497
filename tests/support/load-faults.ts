import { type Kysely, sql } from 'kysely'
import { engineOf } from '#platform/database/engine'
import type { JourneyTables } from './load-journey.ts'

/** Has the database refuse what consumers write of people, as a mistake in a consumer would; answers how to end that. */
export async function failConsumers(db: Kysely<JourneyTables>): Promise<() => Promise<void>> {
  const { begin, end } = TRIGGERS[engineOf(db)]
  for (const statement of begin) await sql.raw(statement).execute(db)
  return async () => {
    for (const statement of end) await sql.raw(statement).execute(db)
  }
}

const TRIGGERS = {
  sqlite: {
    begin: [
      `create trigger test_refusal before insert on people begin select raise(abort, 'refused by a test'); end`,
    ],
    end: ['drop trigger test_refusal'],
  },
  postgres: {
    begin: [
      `create function test_refusal() returns trigger language plpgsql as 'begin raise exception ''refused by a test''; end'`,
      'create trigger test_refusal before insert on people for each row execute function test_refusal()',
    ],
    end: ['drop trigger test_refusal on people', 'drop function test_refusal()'],
  },
  mysql: {
    begin: [
      `create trigger test_refusal before insert on people for each row signal sqlstate '45000' set message_text = 'refused by a test'`,
    ],
    end: ['drop trigger test_refusal'],
  },
} as const
