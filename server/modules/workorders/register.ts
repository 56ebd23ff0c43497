import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { createChangeStatus } from './change-status.ts'
import { createHistory } from './history.ts'
import type { WorkOrderParts } from './parts.ts'
import { registerWorkOrderRoutes } from './routes.ts'
import { createWorkOrderUseCases } from './work-orders.ts'

type RegisterParts = WorkOrderParts & { readonly answerOnce: AnswerOnce }

/** Puts the module together and adds its routes. */
export function registerWorkOrders(app: HttpServer, { answerOnce, ...parts }: RegisterParts): void {
  registerWorkOrderRoutes(app, {
    workOrders: traceUseCases('workorders', createWorkOrderUseCases(parts)),
    history: traceUseCases('workorders', createHistory(parts)),
    ...traceUseCases('workorders', { changeStatus: createChangeStatus(parts) }),
    answerOnce,
  })
}
