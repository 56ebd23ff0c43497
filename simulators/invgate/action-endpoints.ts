import { businessError, Refusal } from './answers.ts'
import type { EndpointCall, Endpoints, Handler } from './endpoint.ts'
import { guesses, invalidParameter } from './guesses.ts'
import { type InvgateIncident, STATUS } from './records.ts'

/** The status moves by these only. */
export const actionEndpoints: Endpoints = {
  'incident.solution.accept': { PUT: acceptSolution },
  'incident.solution.reject': { PUT: rejectSolution },
  'incident.reopen': { PUT: move({ status: STATUS.open }) },
  'incident.cancel': { POST: move({ status: STATUS.cancelled }) },
  'incident.reject': { POST: move({ status: STATUS.rejected }) },
  'incident.waitingfor.customer': { POST: move({ status: STATUS.waiting }) },
  'incident.waitingfor.agent': { POST: move({ status: STATUS.waiting }) },
  'incident.waitingfor.date': { POST: move({ status: STATUS.waiting, needs: ['timestamp'] }) },
  'incident.waitingfor.incident': { POST: move({ status: STATUS.waiting }) },
  'incident.waitingfor.external_entity': { POST: move({ status: STATUS.waiting }) },
  'incident.reassign': { POST: reassign },
}

function apply(
  { store }: EndpointCall,
  { id, ...change }: Partial<InvgateIncident> & Pick<InvgateIncident, 'id'>,
): object {
  return store.change(id, change) === undefined ? businessError(guesses.unknownRequest) : { status: 'OK' }
}

function move({
  status,
  needs = [],
}: {
  readonly status: number
  readonly needs?: readonly string[]
}): Handler {
  return (call) => {
    const id = call.read.integer('request_id')
    const authorId = call.read.integer('author_id')
    for (const name of needs) call.read.integer(name)
    const comment = call.read.optionalText('comment')
    if (comment !== null) call.store.addComment(id, { authorId, message: comment })
    return apply(call, { id, status_id: status })
  }
}

function acceptSolution(call: EndpointCall): unknown {
  const { read, settings } = call
  const [id, rating] = [read.integer('id'), read.integer('rating')]
  if (rating < 1 || rating > 5) {
    throw new Refusal(428, invalidParameter({ name: 'rating', type: 'INTEGER' }, settings.language))
  }
  if (rating < 4 && read.optionalText('comment') === null) {
    return businessError(guesses.ratingNeedsComment)
  }
  const at = Math.floor(settings.now().getTime() / 1_000)
  return apply(call, { id, status_id: STATUS.closed, closed_at: at, closed_reason: 1, rating })
}

function rejectSolution(call: EndpointCall): unknown {
  const id = call.read.integer('id')
  call.read.text('comment')
  return apply(call, { id, status_id: STATUS.open, solved_at: null })
}

function reassign(call: EndpointCall): unknown {
  const { read, store } = call
  const id = read.integer('request_id')
  read.integer('author_id')
  const groupId = read.integer('group_id')
  const isNew = store.findIncident(id)?.status_id === STATUS.new
  return apply(call, {
    id,
    assigned_group_id: groupId,
    assigned_id: read.optionalInteger('agent_id'),
    ...(isNew ? { status_id: STATUS.open } : {}),
  })
}
