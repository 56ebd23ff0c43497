export { notificationEventTypes } from './event-types.ts'
export { createNotifications } from './notifications.ts'
export type { NotificationTables } from './table.ts'
