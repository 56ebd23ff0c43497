import assert from 'node:assert/strict'
import type { Backend } from '#tests/backends'
import { eventually } from '#tests/event-place'
import type { Person } from '#tests/test-app'
import { type TestDesk, TICKETS } from './test-desk.ts'
import { type BridgedDesk, startBridgedDesk } from './test-invgate.ts'

/** Asks again as soon as may be. */
export const POLLING = { INVGATE_POLL_SECONDS: '1' }

/** InvGate may hang for the whole time that it is given, and more than once. */
const LONGEST_MS = 45_000

/** The statuses of InvGate. */
export const STATUS = {
  new: 1,
  open: 2,
  pending: 3,
  waiting: 4,
  solved: 5,
  closed: 6,
  rejected: 7,
  cancelled: 8,
} as const

type Options = NonNullable<Parameters<typeof startBridgedDesk>[1]>

/** A desk that asks InvGate every second what has become of its tickets. */
export async function startPollingDesk(backend: Backend, options: Options = {}): Promise<BridgedDesk> {
  return await startBridgedDesk(backend, { ...options, environment: { ...POLLING, ...options.environment } })
}

/** Opens a ticket; with the number of its incident. */
export async function openIncident(desk: BridgedDesk, by?: Person) {
  const ticket = await desk.openTicket({ category_id: 11 }, by)
  assert.notEqual(ticket.inv_gate_id, null)
  return { ...ticket, incidentId: Number(ticket.inv_gate_id) }
}

export async function becomes(desk: Pick<TestDesk, 'read'>, id: string, status: string) {
  return await eventually(
    async () => await desk.read(id),
    (ticket) => ticket.status === status,
    LONGEST_MS,
  )
}

/** Resolves when as many whole rounds of asking have begun and ended from now on. */
export async function roundsPass(desk: Pick<TestDesk, 'ask' | 'agent'>, count = 1): Promise<void> {
  const lastPoll = async (): Promise<string> => {
    const { body } = await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })
    return body.last_poll_at ?? ''
  }
  let last = await lastPoll()
  // The first to end may have begun before.
  for (let round = 0; round <= count; round += 1) last = await eventually(lastPoll, (at) => at > last)
}

type Read = {
  readonly kind: string
  readonly text: string
  readonly author_id: string | null
  readonly author_name: string
  readonly created_at: string
}

export async function messagesOf(
  desk: Pick<TestDesk, 'ask' | 'agent'>,
  id: string,
  by: Person = desk.agent,
): Promise<readonly Read[]> {
  const { status, body, text } = await desk.ask('GET', `${TICKETS}/${id}/messages`, { token: by.token })
  assert.equal(status, 200, text)
  return body.data
}

/** Says something here. */
export async function say(
  desk: BridgedDesk,
  id: string,
  { text, by }: { text: string; by: Person },
): Promise<void> {
  const answer = await desk.ask('POST', `${TICKETS}/${id}/messages`, { token: by.token, body: { text } })
  assert.equal(answer.status, 201, answer.text)
}

/** Somebody's account at InvGate. */
export function accountOf({ sim }: BridgedDesk, { email }: Person): number {
  return sim.store.findUserBy('email', email)?.id ?? 0
}
