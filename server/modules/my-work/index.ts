export { createWorkConsumer } from './events.ts'
export { registerMyWork } from './routes.ts'
export type { MyWorkTables } from './table.ts'
