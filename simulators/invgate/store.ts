import { type Catalogues, DEFAULT_HELPDESK_ID, defaultCatalogues } from './catalogues.ts'
import { guesses } from './guesses.ts'
import type { UploadedFile } from './parameters.ts'
import {
  type InvgateAttachment,
  type InvgateComment,
  type InvgateIncident,
  type InvgateUser,
  STATUS,
} from './records.ts'
import { createShelf } from './shelf.ts'

export type NewUser = Partial<InvgateUser> & Pick<InvgateUser, 'email'>
export type NewIncident = Partial<InvgateIncident> & Pick<InvgateIncident, 'title'>
export type NewComment = {
  readonly authorId: number
  readonly message: string
  readonly isSolution?: boolean
  readonly isCustomerVisible?: boolean
  readonly files?: readonly UploadedFile[]
}

/** What an instance holds; the ids count from 1, and what a seed brings keeps its own. */
export type Store = {
  readonly catalogues: Catalogues
  readonly users: () => readonly InvgateUser[]
  readonly incidents: () => readonly InvgateIncident[]
  readonly findUser: (id: number) => InvgateUser | undefined
  readonly findUserBy: (field: 'email' | 'username', value: string) => InvgateUser | undefined
  readonly addUser: (user: NewUser) => InvgateUser
  readonly removeUser: (id: number) => void
  readonly findIncident: (id: number) => InvgateIncident | undefined
  readonly addIncident: (incident: NewIncident, files?: readonly UploadedFile[]) => InvgateIncident
  /** Changes an incident and tells the time of it. */
  readonly change: (id: number, change: Partial<InvgateIncident>) => InvgateIncident | undefined
  readonly comments: (incidentId: number) => readonly InvgateComment[]
  readonly addComment: (incidentId: number, comment: NewComment) => InvgateComment | undefined
  readonly findAttachment: (id: number) => InvgateAttachment | undefined
  readonly clear: () => void
}

export function createStore({ now }: { readonly now: () => Date }): Store {
  const users = createShelf<InvgateUser>()
  const incidents = createShelf<InvgateIncident>()
  const comments = createShelf<InvgateComment>()
  const attachments = createShelf<InvgateAttachment>()
  const epoch = (): number => Math.floor(now().getTime() / 1_000)
  const keep = (files: readonly UploadedFile[]): number[] =>
    files.map(({ name, content }) => attachments.put({ id: attachments.nextId(), name, content }).id)
  const commentsOf = (incidentId: number): InvgateComment[] =>
    comments.all().filter((comment) => comment.incident_id === incidentId)

  function findUserBy(field: 'email' | 'username', value: string): InvgateUser | undefined {
    return users.all().find((user) => user[field]?.toLowerCase() === value.toLowerCase())
  }

  function change(id: number, changed: Partial<InvgateIncident>): InvgateIncident | undefined {
    const found = incidents.get(id)
    return found === undefined ? undefined : Object.assign(found, changed, { last_update: epoch() })
  }

  return {
    catalogues: defaultCatalogues,
    users: users.all,
    incidents: () => incidents.all().sort((a, b) => a.id - b.id),
    findUser: users.get,
    findUserBy,
    addUser(user) {
      return users.put({ ...emptyUser, id: users.nextId(), ...user })
    },
    removeUser: users.remove,
    findIncident: incidents.get,
    addIncident(incident, files = []) {
      const at = epoch()
      return incidents.put({
        ...emptyIncident,
        id: incidents.nextId(),
        date_ocurred: at,
        created_at: at,
        last_update: at,
        ...incident,
        attachments: keep(files),
      })
    },
    change,
    comments: commentsOf,
    addComment(incidentId, comment) {
      if (incidents.get(incidentId) === undefined) return undefined
      const added = comments.put({
        id: comments.nextId(),
        incident_id: incidentId,
        author_id: comment.authorId,
        message: comment.message,
        created_at: epoch(),
        customer_visible: comment.isCustomerVisible ?? guesses.defaultCustomerVisible,
        msg_num: commentsOf(incidentId).length + 1,
        is_solution: comment.isSolution ?? false,
        attached_files: keep(comment.files ?? []),
      })
      change(incidentId, added.is_solution ? { status_id: STATUS.solved, solved_at: epoch() } : {})
      return added
    },
    findAttachment: attachments.get,
    clear() {
      for (const shelf of [users, incidents, comments, attachments]) shelf.clear()
    },
  }
}

const emptyUser = {
  name: '',
  lastname: '',
  username: null,
  phone: null,
  is_external: false,
  user_type: 2,
  is_disabled: false,
}

const emptyIncident = {
  description: '',
  category_id: 11,
  priority_id: 2,
  type_id: 1,
  source_id: 8,
  status_id: STATUS.new,
  user_id: 1,
  creator_id: 1,
  assigned_id: null,
  assigned_group_id: DEFAULT_HELPDESK_ID,
  location_id: null,
  solved_at: null,
  closed_at: null,
  closed_reason: null,
  rating: null,
}
