import { type Static, Type } from 'typebox'

const Count = Type.Integer({ minimum: 0 })

export const ProgressSummary = Type.Object({
  by_status: Type.Object({
    open: Count,
    in_progress: Count,
    done: Count,
    cancelled: Count,
    expired: Count,
  }),
  total: Count,
  overdue: Type.Integer({ minimum: 0, description: 'Open, and past their due time' }),
  expiring_within_a_day: Count,
  weeks: Type.Array(
    Type.Object({
      week: Type.String({ description: 'Its Monday, as in `2026-11-16`' }),
      completed: Count,
      expired: Count,
      completion_rate: Type.Union([Type.Number(), Type.Null()], {
        description: 'Completed of those that were completed or expired, from 0 to 1; null for none',
      }),
    }),
  ),
})
export type ProgressSummary = Static<typeof ProgressSummary>
