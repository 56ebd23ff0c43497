import type { Catalogues, Named } from './catalogues.ts'
import type { InvgateIncident } from './records.ts'

/** A row of a view: another, nested shape of the same incident. */
export function shapeViewRow(incident: InvgateIncident, catalogues: Catalogues): object {
  return {
    id: incident.id,
    request: {
      subject: incident.title,
      category: label(catalogues.categories, incident.category_id),
      type: label(catalogues.types, incident.type_id),
    },
    status: label(catalogues.statuses, incident.status_id),
    priority: label(catalogues.priorities, incident.priority_id),
    source: { id: incident.source_id },
    customer: incident.user_id,
    creator: incident.creator_id,
    agent: incident.assigned_id,
    helpdesk: incident.assigned_group_id,
    location: incident.location_id,
    creation_date: when(incident.created_at),
    last_update: when(incident.last_update),
    closing_date: incident.closed_at === null ? null : when(incident.closed_at),
    waiting_for: null,
  }
}

function label(catalogue: readonly Named[], id: number): object {
  return { id, label: catalogue.find((each) => each.id === id)?.name ?? '' }
}

function when(epoch: number): object {
  return { value: epoch, formatted: new Date(epoch * 1_000).toISOString() }
}
