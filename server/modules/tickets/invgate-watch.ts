import type { Clock } from '#platform/clock'
import type { InvgateDesk } from './invgate/contract.ts'
import { InvgateFailure } from './invgate/failure.ts'

export type DeskStanding = {
  /** When InvGate last answered anything, a refusal included. */
  readonly lastContactAt: Date | null
  readonly lastFailureAt: Date | null
  readonly lastFailure: string | null
  /** `resting` while InvGate is left alone after failures in a row. */
  readonly breaker: 'closed' | 'resting'
}

export type DeskWatch = { readonly standing: () => DeskStanding }

type WatchParts = { readonly desk: InvgateDesk; readonly clock: Clock }

/** The same desk, of which is known how it was doing. */
export function createWatchedDesk({ desk, clock }: WatchParts): {
  readonly desk: InvgateDesk
  readonly watch: DeskWatch
} {
  let standing: DeskStanding = {
    lastContactAt: null,
    lastFailureAt: null,
    lastFailure: null,
    breaker: 'closed',
  }

  function noteFailure(error: unknown): void {
    if (!(error instanceof InvgateFailure)) return
    if (error.code === 'resting') {
      standing = { ...standing, breaker: 'resting' }
      return
    }
    const hasAnswered = error.status !== null
    standing = {
      lastContactAt: hasAnswered ? clock.now() : standing.lastContactAt,
      lastFailureAt: clock.now(),
      lastFailure: error.message,
      breaker: hasAnswered ? 'closed' : standing.breaker,
    }
  }

  function watched<Args extends readonly unknown[], Result>(
    ask: (...args: Args) => Promise<Result>,
  ): (...args: Args) => Promise<Result> {
    return async (...args) => {
      try {
        const result = await ask(...args)
        standing = { ...standing, lastContactAt: clock.now(), breaker: 'closed' }
        return result
      } catch (error) {
        noteFailure(error)
        throw error
      }
    }
  }

  return {
    desk: {
      abilities: desk.abilities,
      create: watched(desk.create),
      findByReference: watched(desk.findByReference),
      find: watched(desk.find),
      list: watched(desk.list),
      listComments: watched(desk.listComments),
      comment: watched(desk.comment),
      move: watched(desk.move),
      findUser: watched(desk.findUser),
      createUser: watched(desk.createUser),
      placeUser: watched(desk.placeUser),
      listCatalogue: watched(desk.listCatalogue),
      check: watched(desk.check),
    },
    watch: { standing: () => standing },
  }
}
