import type { Files } from '#platform/files/files'
import type { AnswerOnce } from '#platform/http/idempotency'
import type { HttpServer } from '#platform/http/types'
import { traceUseCases } from '#platform/telemetry/traces'
import { registerBillRoutes } from './bill-routes.ts'
import { createChangeStatus } from './change-status.ts'
import { registerCommentRoutes } from './comment-routes.ts'
import { createComments } from './comments.ts'
import { createBills } from './edit-bills.ts'
import { createEditWorkOrder } from './edit-work-order.ts'
import { createEntries } from './entries.ts'
import { createHistory } from './history.ts'
import { createMaterialNeeds } from './material-needs.ts'
import type { WorkOrderParts } from './parts.ts'
import { registerProductionRoutes } from './production-routes.ts'
import { createProgress } from './progress.ts'
import { registerReports } from './report-routes.ts'
import { registerWorkOrderRoutes } from './routes.ts'
import { registerScheduleRoutes } from './schedule-routes.ts'
import { createSchedules } from './schedules.ts'
import { registerTimeRoutes } from './time-routes.ts'
import { createWorkOrderUseCases } from './work-orders.ts'
import { createWorkTime } from './work-time.ts'

type RegisterParts = WorkOrderParts & {
  readonly files: Files
  readonly answerOnce: AnswerOnce
  readonly businessZone: string
}

/** Puts the module together and adds its routes. */
export function registerWorkOrders(
  app: HttpServer,
  { answerOnce, businessZone, ...parts }: RegisterParts,
): void {
  registerWorkOrderRoutes(app, {
    workOrders: traceUseCases('workorders', createWorkOrderUseCases(parts)),
    history: traceUseCases('workorders', createHistory(parts)),
    ...traceUseCases('workorders', {
      editWorkOrder: createEditWorkOrder(parts),
      changeStatus: createChangeStatus(parts),
    }),
    answerOnce,
  })
  registerProductionRoutes(app, {
    progress: traceUseCases('workorders', createProgress(parts)),
    entries: traceUseCases('workorders', createEntries(parts)),
    answerOnce,
  })
  registerCommentRoutes(app, { comments: traceUseCases('workorders', createComments(parts)), answerOnce })
  registerTimeRoutes(app, { workTime: traceUseCases('workorders', createWorkTime(parts)), answerOnce })
  registerBillRoutes(app, {
    bills: traceUseCases('workorders', createBills(parts)),
    needs: traceUseCases('workorders', createMaterialNeeds(parts)),
  })
  registerScheduleRoutes(app, {
    schedules: traceUseCases('workorders', createSchedules(parts)),
    answerOnce,
  })
  registerReports(app, { ...parts, businessZone })
}
