import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Answer, businessError, htmlAnswer, jsonAnswer, refusalAnswer } from './answers.ts'
import type { Fault } from './faults.ts'
import { guesses } from './guesses.ts'

/** What is done instead of the answer; `hang` keeps the connection open and silent. */
export type Outcome = Answer | 'reset' | 'hang' | { readonly half: Answer }

const DEFAULT_STATUS = 503
const DEFAULT_DELAY_MS = 1_000

/** A request's outcome under a fault: the work is done by `work` at most once, and by some faults not at all. */
export async function outcomeOf(fault: Fault | null, work: () => Answer): Promise<Outcome> {
  if (fault === null) return work()
  switch (fault.mode) {
    case 'delay':
      await sleep(fault.delayMs ?? DEFAULT_DELAY_MS)
      return work()
    case 'status':
      return failing(fault)
    case 'html':
      return htmlAnswer(fault.status ?? DEFAULT_STATUS, retryAfter(fault))
    case 'error200':
      return jsonAnswer(businessError('The operation could not be completed.', 99))
    case 'reset_before':
      return 'reset'
    case 'hang':
      return 'hang'
    case 'reset_after_commit':
      work()
      return 'reset'
    case 'hang_after_commit':
      work()
      return 'hang'
    case 'status_after_commit':
      work()
      return failing(fault)
    case 'truncate':
      return { half: work() }
    case 'no_id':
      work()
      return jsonAnswer({ status: 'OK', info: guesses.created })
  }
}

function failing(fault: Fault): Answer {
  const status = fault.status ?? DEFAULT_STATUS
  const message = status === 429 ? guesses.tooMany : `Error ${status}`
  return refusalAnswer({ status, message }, retryAfter(fault))
}

function retryAfter({ retryAfter: seconds }: Fault): Record<string, string> {
  return typeof seconds === 'number' ? { 'retry-after': String(seconds) } : {}
}

/** Gives the outcome, and the status that the client saw; null where it saw none. */
export function give(response: ServerResponse, outcome: Outcome): number | null {
  if (outcome === 'hang') return null
  if (outcome === 'reset') {
    response.socket?.destroy()
    return null
  }
  if ('half' in outcome) {
    const body = Buffer.from(outcome.half.body)
    response.writeHead(outcome.half.status, outcome.half.headers)
    response.end(body.subarray(0, Math.floor(body.length / 2)))
    return outcome.half.status
  }
  response.writeHead(outcome.status, outcome.headers).end(outcome.body)
  return outcome.status
}
