import { businessError } from './answers.ts'
import type { EndpointCall, Endpoints } from './endpoint.ts'
import { guesses } from './guesses.ts'
import { missing } from './missing.ts'
import type { InvgateIncident } from './records.ts'
import { type Shaping, shapeAttachment, shapeComment, shapeEmbeddedComment, shapeIncident } from './shapes.ts'

export const incidentEndpoints: Endpoints = {
  incident: { POST: createIncident, GET: getIncident, PUT: changeIncident },
  'incident.comment': { POST: addComment, GET: listComments },
  'incident.attachment': { GET: getAttachment },
}

export function shapingOf({ read, settings }: Pick<EndpointCall, 'read' | 'settings'>): Shaping {
  return { settings, isIso: read.optionalText('date_format') === 'iso8601' }
}

/** An incident as the API tells it, with its comments where they are asked for. */
export function tellIncident(incident: InvgateIncident, call: EndpointCall): Record<string, unknown> {
  const shaping = shapingOf(call)
  const told = shapeIncident(incident, shaping)
  if (!call.read.flag('comments')) return told
  const comments = call.store.comments(incident.id)
  return { ...told, comments: comments.map((comment) => shapeEmbeddedComment(comment, shaping)) }
}

function createIncident(call: EndpointCall): unknown {
  const { read, store, files, settings } = call
  const named = {
    creator_id: read.integer('creator_id'),
    user_id: read.integer('customer_id'),
    category_id: read.integer('category_id'),
    priority_id: read.integer('priority_id'),
    type_id: read.integer('type_id'),
    source_id: read.optionalInteger('source_id') ?? 8,
    location_id: read.optionalInteger('location_id'),
  }
  const title = read.text('title')
  const unknown = findUnknownReference(named, call)
  if (unknown !== null) return businessError(`Invalid ${unknown}.`, guesses.unknownReferenceCode)
  const date = read.optionalInteger('date')
  const { id } = store.addIncident(
    {
      ...named,
      title,
      description: read.optionalText('description') ?? '',
      ...(date === null ? {} : { date_ocurred: date }),
    },
    files,
  )
  if (settings.requestIdStyle === 'id') return { id }
  const requestId = settings.requestIdStyle === 'string' ? String(id) : id
  return { status: 'OK', info: guesses.created, request_id: requestId }
}

type References = Pick<
  InvgateIncident,
  'creator_id' | 'user_id' | 'category_id' | 'priority_id' | 'type_id' | 'source_id'
>

function findUnknownReference(named: References, { store }: EndpointCall): string | null {
  const { categories, priorities, types, sources } = store.catalogues
  const isKnown = {
    creator_id: store.findUser(named.creator_id) !== undefined,
    customer_id: store.findUser(named.user_id) !== undefined,
    category_id: categories.some(({ id }) => id === named.category_id),
    priority_id: priorities.some(({ id }) => id === named.priority_id),
    type_id: types.some(({ id }) => id === named.type_id),
    source_id: sources.some(({ id }) => id === named.source_id),
  }
  return Object.entries(isKnown).find(([, known]) => !known)?.[0] ?? null
}

function getIncident(call: EndpointCall): unknown {
  const incident = call.store.findIncident(call.read.integer('id'))
  return incident === undefined
    ? missing(call.settings, guesses.unknownRequest)
    : tellIncident(incident, call)
}

/** What is not named here is ignored, the status with it: that moves by the actions only. */
function changeIncident(call: EndpointCall): unknown {
  const { read, store, settings } = call
  const incident = store.findIncident(read.integer('id'))
  if (incident === undefined) return missing(settings, guesses.unknownRequest)
  const changed = store.change(incident.id, {
    title: read.optionalText('title') ?? incident.title,
    description: read.optionalText('description') ?? incident.description,
    user_id: read.optionalInteger('customer_id') ?? incident.user_id,
    category_id: read.optionalInteger('category_id') ?? incident.category_id,
    priority_id: read.optionalInteger('priority_id') ?? incident.priority_id,
    type_id: read.optionalInteger('type_id') ?? incident.type_id,
    source_id: read.optionalInteger('source_id') ?? incident.source_id,
    location_id: read.optionalInteger('location_id') ?? incident.location_id,
    date_ocurred: read.optionalInteger('date') ?? incident.date_ocurred,
  })
  return shapeIncident(changed ?? incident, shapingOf(call))
}

function addComment({ read, store, files }: EndpointCall): unknown {
  const incidentId = read.integer('request_id')
  const comment = { message: read.text('comment'), authorId: read.integer('author_id') }
  const added = store.addComment(incidentId, {
    ...comment,
    isSolution: read.flag('is_solution'),
    isCustomerVisible: read.flag('customer_visible', guesses.defaultCustomerVisible),
    files,
  })
  return added === undefined ? { status: 'ERROR', error: guesses.unknownRequest } : { status: 'OK' }
}

function listComments(call: EndpointCall): unknown {
  const { read, store, settings } = call
  const incident = store.findIncident(read.integer('request_id'))
  if (incident === undefined) return missing(settings, guesses.unknownRequest)
  const isSolution = read.has('is_solution') ? read.flag('is_solution') : null
  return store
    .comments(incident.id)
    .filter((comment) => isSolution === null || comment.is_solution === isSolution)
    .map((comment) => shapeComment(comment, shapingOf(call)))
}

function getAttachment({ read, store, settings }: EndpointCall): unknown {
  const attachment = store.findAttachment(read.integer('id'))
  return attachment === undefined ? missing(settings, guesses.notFound) : shapeAttachment(attachment)
}
