export type Named = { readonly id: number; readonly name: string }
export type Category = Named & { readonly parentId: number }

export type Catalogues = {
  readonly statuses: readonly Named[]
  readonly priorities: readonly Named[]
  readonly types: readonly Named[]
  readonly sources: readonly Named[]
  readonly categories: readonly Category[]
  readonly helpdesks: readonly Named[]
  readonly locations: readonly Named[]
  readonly groups: readonly Named[]
  readonly companies: readonly Named[]
}

/** One view is there, and it shows everything. */
export const VIEW_ID = 7

const HELPDESK_ID = 11
const CATEGORY_COUNT = 45

/** More categories than one page holds, so that who does not page misses some. */
export const defaultCatalogues: Catalogues = {
  statuses: numbered(['New', 'Open', 'Pending', 'Waiting', 'Solved', 'Closed', 'Rejected', 'Cancelled']),
  priorities: numbered(['Low', 'Medium', 'High', 'Urgent', 'Critical']),
  types: numbered(['Incident', 'Service request', 'Question', 'Problem', 'Change', 'Major incident']),
  sources: numbered([
    'Mail',
    'Web',
    'Phone',
    'In person',
    'Instant messaging',
    'Scheduled',
    'Imported',
    'API',
    'Teams',
    'WhatsApp',
    'Workflow',
    'Chat',
    'Mobile',
    'MCP',
  ]),
  categories: Array.from({ length: CATEGORY_COUNT }, (_, index) => ({
    id: index + 1,
    name: index === 10 ? 'Hardware' : `Category ${index + 1}`,
    parentId: index < 10 ? 0 : (index % 10) + 1,
  })),
  helpdesks: [{ id: HELPDESK_ID, name: 'Service Desk' }],
  locations: [{ id: 1, name: 'Head office' }],
  groups: [{ id: 1, name: 'Customers' }],
  companies: [{ id: 1, name: 'Karya' }],
}

export const DEFAULT_HELPDESK_ID = HELPDESK_ID

function numbered(names: readonly string[]): Named[] {
  return names.map((name, index) => ({ id: index + 1, name }))
}
