export { activityConsumer } from './events.ts'
export { registerActivity } from './routes.ts'
export type { ActivityTables } from './table.ts'
