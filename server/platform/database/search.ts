/**
 * Folds text so that what is equal for people is equal for the database: keys, and what `q` searches in.
 * Folding may lengthen a text (one ligature becomes many letters), so it is cut to what its column holds.
 */
export function fold(text: string, maxLength = 200): string {
  const folded = text.normalize('NFKC').trim().toLowerCase()
  return folded.length <= maxLength ? folded : Array.from(folded).slice(0, maxLength).join('')
}

/** A pattern for `like … escape '!'` that finds the text anywhere; `%` and `_` in it stand for themselves. */
export function containing(text: string): string {
  return `%${fold(text).replace(/[!%_]/g, (wildcard) => `!${wildcard}`)}%`
}
