import { businessError, phpMap } from './answers.ts'
import { VIEW_ID } from './catalogues.ts'
import type { EndpointCall, Endpoints } from './endpoint.ts'
import { guesses } from './guesses.ts'
import { tellIncident } from './incident-endpoints.ts'
import { pageOf, readPageKey } from './page-keys.ts'
import type { InvgateIncident } from './records.ts'
import { shapeViewRow } from './view-row.ts'

export const listEndpoints: Endpoints = {
  incidents: { GET: listByIds },
  'incidents.by.status': { GET: listByStatus },
  'incidents.by.helpdesk': { GET: listByHelpdesk },
  'incidents.by.view': { GET: listByView },
  'incidents.by.customer': {
    GET: (call) => listByPerson(call, { noun: 'customer', field: 'user_id' }),
  },
  'incidents.by.agent': { GET: (call) => listByPerson(call, { noun: 'agent', field: 'assigned_id' }) },
  'incidents.details.by.view': { GET: listDetailsByView },
  'incidents.last.hour': { GET: listLastHour },
}

function listByIds(call: EndpointCall): unknown {
  const ids = call.read.integers('ids')
  const found = ids.flatMap((id) => call.store.findIncident(id) ?? [])
  return phpMap(found.map((incident) => [String(incident.id), tellIncident(incident, call)]))
}

/** Ids by offset; no limit in the request is no limit in the answer. */
function tellIds(incidents: readonly InvgateIncident[], info: string, { read }: EndpointCall): object {
  const [limit, offset] = [read.optionalInteger('limit'), read.optionalInteger('offset') ?? 0]
  const ids = incidents.map(({ id }) => id)
  const requestIds = ids.slice(offset, limit === null ? undefined : offset + limit)
  return { status: 'OK', info, requestIds, limit, offset, total: ids.length }
}

function idsOf({ read }: EndpointCall, name: string): readonly number[] {
  if (read.has(`${name}s`)) return read.integers(`${name}s`)
  const id = read.optionalInteger(name)
  return id === null ? [] : [id]
}

function listByStatus(call: EndpointCall): unknown {
  const ids = idsOf(call, 'status_id')
  if (ids.length === 0) return businessError(guesses.noStatusGiven)
  const found = call.store.incidents().filter(({ status_id: id }) => ids.includes(id))
  return tellIds(found, 'Returned a list of the requests related to the given status.', call)
}

function listByHelpdesk(call: EndpointCall): unknown {
  const ids = idsOf(call, 'helpdesk_id')
  if (ids.length === 0) return businessError('None of the provided helpdesk_ids is an INTEGER.')
  const found = call.store.incidents().filter(({ assigned_group_id: id }) => id !== null && ids.includes(id))
  return tellIds(found, 'Returned a list of the requests related to the given help desk(s)', call)
}

function inView({ read, store }: EndpointCall): readonly InvgateIncident[] {
  return read.integer('view_id') === VIEW_ID ? store.incidents() : []
}

function listByView(call: EndpointCall): unknown {
  return tellIds(inView(call), 'Returned a list of the requests related to the given view.', call)
}

function personOf({ read, store }: EndpointCall): number | null {
  const [email, username] = [read.optionalText('email'), read.optionalText('username')]
  if (email !== null) return store.findUserBy('email', email)?.id ?? 0
  if (username !== null) return store.findUserBy('username', username)?.id ?? 0
  return read.optionalInteger('id')
}

function listByPerson(
  call: EndpointCall,
  { noun, field }: { readonly noun: string; readonly field: 'user_id' | 'assigned_id' },
): unknown {
  const { read, store, settings } = call
  const person = personOf(call)
  if (person === null) return businessError(guesses.noPersonGiven)
  const open = store
    .incidents()
    .filter((each) => each[field] === person && guesses.openStatuses.some((id) => id === each.status_id))
  const { rows, nextKey } = pageOf(open, {
    lastId: readPageKey(read.optionalText('page_key'), settings.language),
    limit: read.optionalInteger('limit') ?? guesses.keysetLimit,
    isDescending: true,
  })
  return {
    status: 'OK',
    info: `Returned a list of the requests related to the given ${noun}.`,
    requests: phpMap(rows.map((incident) => [String(incident.id), tellIncident(incident, call)])),
    next_page_key: nextKey,
  }
}

function listDetailsByView(call: EndpointCall): unknown {
  const { read, store, settings } = call
  const { rows, nextKey } = pageOf(inView(call), {
    lastId: readPageKey(read.optionalText('page_key'), settings.language),
    limit: settings.pageSize,
    isDescending: read.optionalText('order_by') === 'desc',
  })
  return {
    metadata: [{ id: 'request', label: 'Request' }],
    data: rows.map((incident) => shapeViewRow(incident, store.catalogues)),
    next_page_key: nextKey,
  }
}

const HOUR_SECONDS = 3_600

function listLastHour(call: EndpointCall): unknown {
  const { read, store, settings } = call
  const since = settings.now().getTime() / 1_000 - HOUR_SECONDS
  const { rows, nextKey } = pageOf(
    store.incidents().filter(({ created_at: at }) => at >= since),
    {
      lastId: readPageKey(read.optionalText('page_key'), settings.language),
      limit: read.optionalInteger('limit') ?? guesses.keysetLimit,
      isDescending: true,
    },
  )
  const data = rows.map((incident) => tellIncident(incident, call))
  return settings.hasFlatLastHour ? data : { data, next_page_key: nextKey }
}
