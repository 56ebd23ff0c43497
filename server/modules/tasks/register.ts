import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createEditTask } from './edit-task.ts'
import type { TaskParts } from './parts.ts'
import { registerTaskRoutes } from './routes.ts'
import { createTaskUseCases } from './tasks.ts'

type RegisterParts = TaskParts & { readonly answerOnce: AnswerOnce }

/** Puts the use cases together and adds their routes. */
export function registerTasks(app: HttpServer, { answerOnce, ...parts }: RegisterParts): void {
  registerTaskRoutes(app, {
    tasks: traceUseCases('tasks', createTaskUseCases(parts)),
    ...traceUseCases('tasks', { editTask: createEditTask(parts) }),
    answerOnce,
  })
}
