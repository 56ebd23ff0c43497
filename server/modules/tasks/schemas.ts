import { type Static, Type } from 'typebox'
import { RecurrenceRule } from '#platform/http/recurrence'
import {
  Id,
  Line,
  Moment,
  Nullable,
  numberedPageQuery,
  PageOf,
  Prose,
  Strict,
  Time,
  Version,
} from '#platform/http/schemas'
import {
  expiryActions,
  inheritedTimes,
  priorities,
  recordKinds,
  repeatOrigins,
  taskStatuses,
} from './lifecycle.ts'

export const StatusSchema = Type.Enum([...taskStatuses])
const PrioritySchema = Type.Enum([...priorities])
const ExpiryActionSchema = Type.Enum([...expiryActions], {
  description: 'What becomes of it when it expires: `mark` leaves it in the lists, `archive` hides it',
})
const RepeatFrom = Type.Enum([...repeatOrigins])
const TEN_YEARS_S = 10 * 366 * 86_400

export const ChecklistItem = Type.Object({ id: Id, text: Type.String(), done: Type.Boolean() })
export const Reminder = Type.Object({
  id: Id,
  at: Nullable(Time),
  before_due_seconds: Nullable(Type.Integer()),
  sent: Type.Boolean(),
})
const RecordLink = Type.Object({
  kind: Type.Enum([...recordKinds]),
  id: Id,
  label: Nullable(Type.String()),
  inherits: Nullable(Type.Enum([...inheritedTimes])),
  closes_on: Nullable(Type.String()),
})

/** A task as everybody sees it who may see it at all; its events carry the same (T4). */
export const Task = Type.Object({
  id: Id,
  owner_id: Id,
  assignee_id: Nullable(Id),
  title: Type.String(),
  description: Nullable(Type.String()),
  status: StatusSchema,
  progress: Type.Integer({ minimum: 0, maximum: 100 }),
  priority: PrioritySchema,
  due_at: Nullable(Time),
  expires_at: Nullable(Time),
  on_expire: ExpiryActionSchema,
  warn_before_seconds: Nullable(Type.Integer()),
  labels: Type.Array(Type.String()),
  checklist: Type.Array(ChecklistItem),
  reminders: Type.Array(Reminder),
  recurrence: Nullable(RecurrenceRule),
  repeat_from: Nullable(RepeatFrom),
  series_id: Nullable(Id),
  occurrence: Type.Integer(),
  record: Nullable(RecordLink),
  blocked_by_ids: Type.Array(Id),
  archived: Type.Boolean(),
  started_at: Nullable(Time),
  completed_at: Nullable(Time),
  expired_at: Nullable(Time),
  version: Version,
  created_at: Time,
  updated_at: Time,
})
export const TaskPage = PageOf(Task)

const Seconds = Type.Integer({ minimum: 0, maximum: TEN_YEARS_S })
const TtlSeconds = Type.Integer({
  minimum: 1,
  maximum: TEN_YEARS_S,
  description: 'Instead of `expires_at`: so many seconds from now',
})
const ChecklistInput = Type.Array(
  Type.Union([
    Line(200),
    Strict({ id: Type.Optional(Id), text: Line(200), done: Type.Optional(Type.Boolean()) }),
  ]),
  { maxItems: 200, description: 'The whole of it; an item is named again by its id' },
)
const RemindersInput = Type.Array(
  Strict({
    at: Type.Optional(Nullable(Moment)),
    before_due_seconds: Type.Optional(Nullable(Seconds)),
  }),
  { maxItems: 20, description: 'Each with `at`, or with `before_due_seconds`' },
)
export const RecordInput = Strict({
  kind: Type.Enum([...recordKinds]),
  id: Id,
  inherits: Type.Optional(
    Nullable(
      Type.Enum([...inheritedTimes], { description: 'Which time follows the deadline of the record' }),
    ),
  ),
  closes_on: Type.Optional(
    Nullable(
      Type.String({
        pattern: '^[a-z_]{1,40}$',
        description: 'The state of the record with which the task is done, as in `shipped`',
      }),
    ),
  ),
})

const optional = {
  description: Type.Optional(Nullable(Prose(20_000))),
  priority: Type.Optional(PrioritySchema),
  due_at: Type.Optional(Nullable(Moment)),
  expires_at: Type.Optional(Nullable(Moment)),
  ttl_seconds: Type.Optional(Nullable(TtlSeconds)),
  on_expire: Type.Optional(ExpiryActionSchema),
  warn_before_seconds: Type.Optional(Nullable(Seconds)),
  labels: Type.Optional(Type.Array(Line(60), { maxItems: 50 })),
  checklist: Type.Optional(ChecklistInput),
  reminders: Type.Optional(RemindersInput),
  assignee_id: Type.Optional(Nullable(Id)),
  progress: Type.Optional(
    Nullable(Type.Integer({ minimum: 0, maximum: 100, description: 'Null: as the checklist says' })),
  ),
  recurrence: Type.Optional(Nullable(RecurrenceRule)),
  repeat_from: Type.Optional(
    Nullable(
      Type.Enum([...repeatOrigins], { description: 'Where the next day is counted from; `due` without it' }),
    ),
  ),
  record: Type.Optional(Nullable(RecordInput)),
  blocked_by_ids: Type.Optional(Type.Array(Id, { maxItems: 50, uniqueItems: true })),
}

export const TaskBody = Strict({ title: Line(300), ...optional })
/** What is not named stays as it is; null takes away. */
export const TaskChange = Strict({
  title: Type.Optional(Line(300)),
  status: Type.Optional(StatusSchema),
  archived: Type.Optional(Type.Boolean()),
  ...optional,
})
/** More time: until a moment, or so many seconds from the present end (from now where it has passed). */
export const ExtendBody = Strict({
  expires_at: Type.Optional(Moment),
  by_seconds: Type.Optional(Type.Integer({ minimum: 1, maximum: TEN_YEARS_S })),
  ttl_seconds: Type.Optional(TtlSeconds),
})

export const taskSorts = [
  'created_at',
  '-created_at',
  'updated_at',
  '-updated_at',
  'due_at',
  '-due_at',
  'priority',
  '-priority',
] as const

export const taskFilters = {
  status: Type.Optional(StatusSchema),
  label: Type.Optional(Line(60)),
  assignee: Type.Optional(
    Type.String({
      pattern: '^(?:me|none|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
      description: '`me`, `none` or the id of somebody',
    }),
  ),
  owner: Type.Optional(
    Type.String({
      pattern: '^(?:me|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$',
      description: '`me` or the id of somebody',
    }),
  ),
  priority: Type.Optional(PrioritySchema),
  due_before: Type.Optional(Moment),
  due_after: Type.Optional(Moment),
  expires_before: Type.Optional(Moment),
  overdue: Type.Optional(Type.Boolean({ description: 'Open, and its due time has passed' })),
  archived: Type.Optional(
    Type.Boolean({ description: 'Those that are hidden, or those that are not; the latter without it' }),
  ),
  series_id: Type.Optional(Id),
  record_id: Type.Optional(Id),
  q: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
  sort: Type.Optional(Type.Enum([...taskSorts])),
}
export const TaskQuery = Strict({
  ...numberedPageQuery,
  filter_id: Type.Optional(Id),
  ...taskFilters,
})

export type Task = Static<typeof Task>
export type TaskBody = Static<typeof TaskBody>
export type TaskChange = Static<typeof TaskChange>
export type ExtendBody = Static<typeof ExtendBody>
export type TaskQuery = Static<typeof TaskQuery>
