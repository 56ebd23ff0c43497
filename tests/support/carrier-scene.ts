import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { Batch, Carrier } from '#platform/events/carrier'
import type { EventEnvelope } from '#platform/events/envelope'

/** As many events in their order, of five records, whose data says which of them each is. */
export function carriedEvents(
  count: number,
  { size = 20 }: { readonly size?: number } = {},
): EventEnvelope[] {
  return Array.from({ length: count }, (_, index) => ({
    specversion: '1.0',
    id: randomUUID(),
    source: `/karya/${randomUUID()}`,
    type: index % 2 === 0 ? 'order_created' : 'user.registered',
    subject: `order/${index % 5}`,
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    dataschema: 'urn:karya:event-schema:order_created',
    data: { number: index, filling: 'x'.repeat(size) },
    position: index + 1,
    recordversion: 1,
  }))
}

type Collecting = {
  readonly from?: string | null
  /** Reads until it has seen so many different events. */
  readonly count: number
  readonly deliver?: (batch: Batch) => Promise<void>
}

/** The ids in the order of their first appearance, and the cursor after the last. Rejects after 20 s without them. */
export async function collect(
  carrier: Carrier,
  { from = null, count, deliver = async () => {} }: Collecting,
): Promise<{ readonly ids: readonly string[]; readonly cursor: string | null }> {
  const ids = new Set<string>()
  const enough = new AbortController()
  let cursor = from
  const signal = AbortSignal.any([enough.signal, AbortSignal.timeout(20_000)])
  await carrier.read({
    from,
    signal,
    async deliver(batch) {
      await deliver(batch)
      cursor = batch.cursor
      for (const { id } of batch.events) ids.add(id)
      if (ids.size >= count) enough.abort()
    },
  })
  if (!enough.signal.aborted) throw new Error(`only ${ids.size} of ${count} events arrived`)
  return { ids: [...ids], cursor }
}

/** Tries until it works, as whoever has events to publish does; rejects when it has not after so long. */
export async function keepTrying<Result>(work: () => Promise<Result>, limitMs = 20_000): Promise<Result> {
  const deadline = performance.now() + limitMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

export function idsOf(events: readonly { readonly id: string }[]): string[] {
  return events.map(({ id }) => id)
}

/** Every event is among them, and each record's appear first in their order; how the records mix is left to chance. */
export function assertOrdered(ids: readonly string[], events: readonly EventEnvelope[]): void {
  const first = [...new Set(ids)]
  assert.equal(first.length, events.length)
  for (const subject of new Set(events.map((event) => event.subject))) {
    const own = idsOf(events.filter((event) => event.subject === subject))
    const wanted = new Set(own)
    assert.deepEqual(
      first.filter((id) => wanted.has(id)),
      own,
    )
  }
}
