/** The shop's products as its events tell of them. */
export type WorkProductTable = {
  id: string
  name: string
  sku: string | null
  on_hand: number
  deleted_at: Date | null
  /** The shop's version at which name, SKU and removal were so; 0 while only the stock is known. */
  described_version: number
  /** The shop's version at which `on_hand` was so. */
  version: number
}

/** What the shop's orders wait for. What we have produced and the shop has not yet received is on its way. */
export type DemandTable = {
  product_id: string
  /** Empty until the shop has told of its demand. */
  product_name: string
  waiting: number
  /** Units of our good output that the shop has counted so far, as of `version`. */
  received: number
  /** Units of good output that we have announced so far. */
  produced: number
  /** The shop's version of the demand at which `waiting` and `received` were so. */
  version: number
}

/** What a product is made of: `quantity` of the component for each `per_quantity` of it. */
export type MaterialTable = {
  product_id: string
  component_id: string
  quantity: number
  per_quantity: number
}

/** The bill of materials as a record with a version; the id is the product's. */
export type BillTable = {
  id: string
  deleted_at: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** The bill as it was when the order was made, and how much of each component its output has taken. */
export type WorkOrderMaterialTable = {
  work_order_id: string
  component_id: string
  quantity: number
  per_quantity: number
  consumed: number
}

/** What raises a work order again and again. */
export type ScheduleTable = {
  id: string
  name: string
  /** What each of its orders is, as JSON. */
  template: string
  /** On which days, as JSON. */
  rule: string
  /** The day from which on the rule counts. */
  start_day: string
  /** The next day for which an order is to be raised; null while it is paused, and when there is none any more. */
  next_day: string | null
  /** What became of the last day, as JSON. */
  last_raised: string | null
  paused_at: Date | null
  deleted_at: Date | null
  created_by: string | null
  version: number
  created_at: Date
  updated_at: Date
}
