export { createNotifications, type Notifications } from './notifications.ts'
export type { NotificationTables } from './table.ts'
