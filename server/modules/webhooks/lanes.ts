import { createLanes } from '#platform/timers/lanes'

/** How many are under way in this process; the rest is for other timers, mail among them. */
const AT_ONCE = 12
const AT_ONCE_TO_ONE = 4

export type WebhookLanes = {
  /** Does the work if there is room for it; else answers how long to wait before the next look, in milliseconds. */
  readonly take: (
    webhookId: string,
    options: { readonly isFailing: boolean; readonly work: () => Promise<void> },
  ) => Promise<number | null>
}

/** Keeps a slow receiver from holding up everything else that is due: it has a few places and no more. */
export function createWebhookLanes({ chance }: { readonly chance: () => number }): WebhookLanes {
  const lanes = createLanes({
    atOnce: AT_ONCE,
    // Longer behind a slow receiver, so that those who wait for it do not keep asking.
    waitMs: ({ lastTookMs }) => Math.max(500, lastTookMs * AT_ONCE_TO_ONE) * (1 + 2 * chance()),
  })
  return {
    async take(webhookId, { isFailing, work }) {
      return await lanes.take(webhookId, { atMost: isFailing ? 1 : AT_ONCE_TO_ONE, work })
    },
  }
}
