export type OrderTable = {
  id: string
  number: string
  /** Whose order it is: the buyer's, or of the staff who entered it for somebody without an account. */
  user_id: string
  /** Where its mail goes. */
  user_email: string
  status: string
  /** The day on which it was placed, in the business zone, as `2026-11-21`. */
  business_day: string | null
  /** Lines, what tax they do not include, and shipping. */
  total_minor: number
  cancel_reason: string | null
  /** From here on null in orders of before these columns. */
  subtotal_minor: number | null
  shipping_minor: number | null
  tax_basis_points: number | null
  /** `inclusive` or `exclusive`. */
  tax_mode: string | null
  tax_minor: number | null
  /** The sum of its confirmed payments. */
  paid_minor: number | null
  paid_at: Date | null
  /** When it is cancelled unless it is paid by then; null while it is not held. */
  hold_until_at: Date | null
  /** When staff began to process it, to be paid on delivery. */
  on_delivery_at: Date | null
  /** A `ShippingAddress` as JSON. */
  shipping_address: string | null
  phone: string | null
  note: string | null
  customer_name: string | null
  /** Who entered it for somebody else. */
  placed_by: string | null
  version: number
  created_at: Date
  updated_at: Date
}

/** Names and prices as they were when the order was placed. */
export type OrderLineTable = {
  order_id: string
  line: number
  product_id: string
  sku: string | null
  name: string
  price_minor: number
  quantity: number
  /** How many of its units are still to come; null is none. */
  waiting: number | null
  /** Since when it has waited for any; it stays when they have come. */
  waiting_since_at: Date | null
  /** The business day by which those are expected; null while nobody knows, and for a line that does not wait. */
  promised_on: string | null
}

export type PaymentTable = {
  id: string
  order_id: string
  method: string
  amount_minor: number
  reference: string | null
  note: string | null
  proof_file_id: string | null
  /** `pending` until staff confirm or reject it. */
  state: string
  reject_reason: string | null
  recorded_by: string
  decided_by: string | null
  decided_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** One row, there from the start at version 0. */
export type ShopSettingsTable = {
  id: string
  hold_minutes: number
  shipping_fee_minor: number
  free_shipping_from_minor: number | null
  tax_basis_points: number
  tax_mode: string
  shop_name: string | null
  shop_address: string | null
  version: number
  updated_at: Date
}
