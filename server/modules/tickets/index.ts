export { createTicketModule } from './create-tickets.ts'
export { ticketEventTypes } from './event-types.ts'
export type { TicketTables } from './table.ts'
