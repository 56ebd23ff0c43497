import { type RawBuilder, type SqlBool, sql } from 'kysely'

/**
 * Folds text so that what is equal for people is equal for the database: keys, and what `q` searches in.
 * Folding may lengthen a text (one ligature becomes many letters), so it is cut to what its column holds.
 */
export function fold(text: string, maxLength = 200): string {
  const folded = text.normalize('NFKC').trim().toLowerCase()
  return folded.length <= maxLength ? folded : Array.from(folded).slice(0, maxLength).join('')
}

/** Whether a folded column has the text anywhere in it; `%` and `_` in the text stand for themselves. */
export function like(column: string, text: string): RawBuilder<SqlBool> {
  const pattern = `%${fold(text).replace(/[!%_]/g, (wildcard) => `!${wildcard}`)}%`
  return sql<SqlBool>`${sql.ref(column)} like ${pattern} escape '!'`
}
