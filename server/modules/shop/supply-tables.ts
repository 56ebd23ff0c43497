/** A work order that makes a product of ours, as the latest version of it that its events have told of. */
export type ProductSupplyTable = {
  /** The work order's. */
  id: string
  product_id: string
  number: string
  status: string
  quantity: number
  /** Good ones so far. */
  good: number
  expected_at: Date | null
  deadline_at: Date | null
  hold_reason: string | null
  hold_note: string | null
  held_at: Date | null
  /** When it was so. */
  as_of_at: Date
  /** The work order's version of it. */
  version: number
}
