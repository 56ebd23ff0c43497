import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createBulkTasks } from './bulk.ts'
import { registerBulkRoutes } from './bulk-routes.ts'
import { registerCommentRoutes } from './comment-routes.ts'
import { createComments } from './comments.ts'
import { createEditTask } from './edit-task.ts'
import { createExtendTask } from './extend-task.ts'
import { registerFeedRoutes } from './feed-routes.ts'
import { createFeeds } from './feeds.ts'
import { registerFilterRoutes } from './filter-routes.ts'
import type { TaskParts } from './parts.ts'
import { createSummariseProgress } from './progress-summary.ts'
import { registerTaskRoutes } from './routes.ts'
import { createSavedFilters } from './saved-filters.ts'
import { createTaskUseCases } from './tasks.ts'

type RegisterParts = TaskParts & { readonly answerOnce: AnswerOnce }

/** Puts the use cases together and adds their routes. */
export function registerTasks(app: HttpServer, { answerOnce, ...parts }: RegisterParts): void {
  registerTaskRoutes(app, {
    tasks: traceUseCases('tasks', createTaskUseCases(parts)),
    ...traceUseCases('tasks', {
      editTask: createEditTask(parts),
      extendTask: createExtendTask(parts),
      summariseProgress: createSummariseProgress(parts),
    }),
    answerOnce,
  })
  registerBulkRoutes(app, { bulk: traceUseCases('tasks', createBulkTasks(parts)), answerOnce })
  registerFilterRoutes(app, { filters: traceUseCases('tasks', createSavedFilters(parts)), answerOnce })
  registerCommentRoutes(app, {
    comments: traceUseCases('tasks', createComments(parts)),
    answerOnce,
  })
  registerFeedRoutes(app, { feeds: traceUseCases('tasks', createFeeds(parts)), answerOnce })
}
