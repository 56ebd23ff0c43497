import { InvgateFailure } from './failure.ts'

/** For an answer to a question, which does nothing, that is not what was asked for. */
export function unreadable(what: string): InvgateFailure {
  return new InvgateFailure({
    code: 'unreadable',
    message: `InvGate answered something else (${what})`,
    mayBeDone: false,
  })
}

/** The answer about one record; some instances say by a failure under 200 that there is none. */
export async function orNull(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof InvgateFailure && error.code === 'refused' && error.status === 200) return null
    throw error
  }
}
