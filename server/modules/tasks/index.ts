export { createTaskModule } from './create-tasks.ts'
export { taskEventTypes } from './event-types.ts'
export type { TaskTables } from './table.ts'
