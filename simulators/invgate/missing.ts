import { businessError, Refusal } from './answers.ts'
import { guesses } from './guesses.ts'
import type { Settings } from './settings.ts'

/** How an instance says that a record is not there; nobody has seen it, so the client must take all three. */
export function missing({ notFound }: Pick<Settings, 'notFound'>, info: string): unknown {
  if (notFound === '404') throw new Refusal(404, guesses.notFound)
  return notFound === 'false' ? false : businessError(info)
}
