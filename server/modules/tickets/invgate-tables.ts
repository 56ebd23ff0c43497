/** Something to be done at InvGate; those of a ticket are done one after the other. */
export type InvgateDeliveryTable = {
  id: string
  ticket_id: string
  /** `create`, `comment`, `status`. */
  kind: string
  /** As JSON, by kind. */
  payload: string
  /** `pending`, `uncertain` (it may have arrived), `done` or `failed`. */
  state: string
  attempts: number
  last_error: string | null
  /** When the last attempt was sent. */
  sent_at: Date | null
  done_at: Date | null
  created_at: Date
  updated_at: Date
}

/** The account at InvGate that stands for one of our users (D6). */
export type InvgateUserTable = {
  user_id: string
  invgate_id: number | null
  /** When we last set out to make it, and may have; null for one that was there. */
  making_at: Date | null
  /** `pending`, `linked` or `failed`. */
  state: string
  attempts: number
  last_error: string | null
  updated_at: Date
}

export type InvgateStateTable = { name: string; value: string | null; updated_at: Date }
