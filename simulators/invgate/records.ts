/** The records as the simulator keeps them, named as on the wire; times are epoch seconds. */
export type InvgateUser = {
  id: number
  name: string
  lastname: string
  username: string | null
  email: string
  phone: string | null
  is_external: boolean
  /** 1 an agent, 2 an end user. */
  user_type: number
  is_disabled: boolean
}

export type InvgateIncident = {
  id: number
  title: string
  /** As HTML. */
  description: string
  category_id: number
  priority_id: number
  type_id: number
  source_id: number
  status_id: number
  /** The customer. */
  user_id: number
  creator_id: number
  assigned_id: number | null
  assigned_group_id: number | null
  location_id: number | null
  date_ocurred: number
  created_at: number
  last_update: number
  solved_at: number | null
  closed_at: number | null
  closed_reason: number | null
  rating: number | null
  attachments: readonly number[]
}

export type InvgateComment = {
  id: number
  incident_id: number
  author_id: number
  /** As HTML. */
  message: string
  created_at: number
  customer_visible: boolean
  msg_num: number
  is_solution: boolean
  attached_files: readonly number[]
}

export type InvgateAttachment = { readonly id: number; readonly name: string; readonly content: Buffer }

/** The ids of §2.6 that the simulator moves incidents to. */
export const STATUS = {
  new: 1,
  open: 2,
  waiting: 4,
  solved: 5,
  closed: 6,
  rejected: 7,
  cancelled: 8,
} as const
