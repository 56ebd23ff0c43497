import { type Answer, htmlAnswer, jsonAnswer, Refusal, refusalAnswer } from './answers.ts'
import type { Exchange, Instance } from './exchange.ts'
import { guesses } from './guesses.ts'
import { pageOf, readPageKey } from './page-keys.ts'
import { createReader, parseJson, type Reader } from './parameters.ts'
import type { InvgateIncident } from './records.ts'
import type { Store } from './store.ts'

/** Answers one request of the simplified dialect: three calls, JSON, Basic. */
export function answerSimple(exchange: Exchange, instance: Instance): Answer {
  const { settings } = instance
  try {
    if (instance.access.admit(exchange.authorization)?.scopes !== null) {
      throw new Refusal(401, guesses.unauthorized)
    }
    if (!instance.mayAnswer()) throw new Refusal(429, guesses.tooMany)
    return jsonAnswer(route(exchange, instance))
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.status === 401) {
      const headers = { 'www-authenticate': 'Basic realm="API"' }
      return settings.hasHtmlSignIn ? htmlAnswer(401, headers) : refusalAnswer(error, headers)
    }
    const isLate = error.status === 429 && settings.hasRetryAfter
    return refusalAnswer(error, isLate ? { 'retry-after': '1' } : {})
  }
}

function route(exchange: Exchange, instance: Instance): unknown {
  const { method, endpoint, parameters } = exchange
  const read = createReader(parameters, instance.settings.language)
  const id = /^incidents\/(\d+)$/.exec(endpoint)?.[1]
  if (id !== undefined && method === 'GET') {
    const incident = instance.store.findIncident(Number(id))
    if (incident === undefined) throw new Refusal(404, guesses.notFound)
    return shape(incident, instance.store)
  }
  if (endpoint === 'incidents' && method === 'POST') return create({ exchange, read }, instance)
  if (endpoint === 'incidents' && method === 'GET') return list(read, instance)
  const isKnown = id !== undefined || endpoint === 'incidents'
  throw isKnown ? new Refusal(405, guesses.wrongMethod) : new Refusal(404, guesses.notFound)
}

function create(
  { exchange, read }: { readonly exchange: Exchange; readonly read: Reader },
  { store }: Instance,
): unknown {
  if (parseJson(exchange.body.toString()) === undefined) throw new Refusal(400, 'invalid JSON body')
  const [title, description] = [read.optionalText('title'), read.optionalText('description')]
  if (title === null || description === null) {
    throw new Refusal(400, 'title and description are required')
  }
  const creatorId = personOf(read.optionalText('creator_id'), store)
  const incident = store.addIncident({
    title,
    description,
    creator_id: creatorId ?? 1,
    user_id: personOf(read.optionalText('customer_id'), store) ?? creatorId ?? 1,
    ...numberAt(read, 'category_id'),
    ...numberAt(read, 'priority_id'),
    ...numberAt(read, 'type_id'),
    ...numberAt(read, 'source_id'),
  })
  return shape(incident, store)
}

function numberAt(read: Reader, name: string): Record<string, number> {
  const value = read.optionalInteger(name)
  return value === null ? {} : { [name]: value }
}

/** A person is named by an id or an e-mail address; an address that is new becomes a user. */
function personOf(named: string | null, store: Store): number | null {
  if (named === null) return null
  if (/^\d+$/.test(named)) return Number(named)
  return (store.findUserBy('email', named) ?? store.addUser({ email: named })).id
}

function list(read: Reader, { store, settings }: Instance): unknown {
  const creator = read.optionalText('creator_id')
  const creatorId =
    creator === null || /^\d+$/.test(creator)
      ? Number(creator ?? 0)
      : (store.findUserBy('email', creator)?.id ?? -1)
  const { rows, nextKey } = pageOf(
    store.incidents().filter((each) => creator === null || each.creator_id === creatorId),
    {
      lastId: readPageKey(read.optionalText('page_key'), settings.language),
      limit: settings.pageSize,
      isDescending: true,
    },
  )
  return { page_key: nextKey ?? '', data: rows.map((incident) => shape(incident, store)) }
}

function shape(incident: InvgateIncident, store: Store): object {
  const status = store.catalogues.statuses.find(({ id }) => id === incident.status_id)
  return {
    id: incident.id,
    title: incident.title,
    description: incident.description,
    source_id: incident.source_id,
    creator_id: incident.creator_id,
    customer_id: incident.user_id,
    category_id: incident.category_id,
    type_id: incident.type_id,
    priority_id: incident.priority_id,
    status_id: incident.status_id,
    status: status?.name.toLowerCase() ?? '',
    created_at: new Date(incident.created_at * 1_000).toISOString(),
    updated_at: new Date(incident.last_update * 1_000).toISOString(),
  }
}
