import { knownWord } from '#platform/database/words'

/** What happens to who buys more than is there. The last two differ in name only: see decision 10. */
export const stockPolicies = ['deny', 'backorder', 'make_to_order'] as const
export type StockPolicy = (typeof stockPolicies)[number]

type WithPolicy = { readonly stock_policy: string | null }

/** Null is the policy of a product of which nobody has ever said another. */
export function policyOf({ stock_policy: text }: WithPolicy): StockPolicy {
  return knownWord(stockPolicies, text ?? 'deny', 'a product')
}

/** Whether more is sold than is there. */
export function sellsAhead(product: WithPolicy): boolean {
  return policyOf(product) !== 'deny'
}
