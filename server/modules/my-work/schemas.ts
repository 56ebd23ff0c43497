import { type Static, Type } from 'typebox'
import { Id, Moment, Nullable, numberedPageQuery, PageOf, Strict, Time } from '#platform/http/schemas'
import { workKinds } from './facts.ts'

export const WorkItem = Type.Object({
  kind: Type.Enum([...workKinds]),
  id: Id,
  number: Nullable(Type.String()),
  title: Type.String(),
  status: Type.String(),
  priority: Nullable(Type.String()),
  due_at: Nullable(Time),
  overdue: Type.Boolean(),
  shared: Type.Boolean({ description: 'For whoever gets to it first; false where it is for you alone' }),
  url: Type.String({ description: 'Where the record is read' }),
  updated_at: Time,
})
export const WorkItemPage = PageOf(WorkItem)
export const WorkQuery = Strict({
  ...numberedPageQuery,
  kind: Type.Optional(Type.Enum([...workKinds])),
  due_before: Type.Optional(Moment),
})

export type WorkItem = Static<typeof WorkItem>
export type WorkQuery = Static<typeof WorkQuery>
