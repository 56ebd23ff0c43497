/** What must be true of tickets here and incidents at InvGate after whatever has happened between them (D4 to D7). */
export const deskPromises = {
  kept: 'every ticket that somebody asked for is there once, whatever was answered',
  pairs: 'every ticket has one incident that bears its reference, and every incident one ticket',
  states: 'a ticket and its incident are in the same state',
  messages: 'everything public is on both sides, as often as it was said, and no note has left',
  answers: 'the callers were told what had happened',
  accounts: 'nobody has two accounts at InvGate',
} as const

export type DeskViolation = { readonly promise: keyof typeof deskPromises; readonly message: string }

export type SeenTicket = {
  readonly id: string
  readonly number: string
  readonly reference: string
  readonly title: string
  readonly invgateId: string | null
  readonly status: string
  readonly pendingReason: string | null
  readonly rating: number | null
  readonly syncState: string
}

export type SeenMessage = {
  readonly ticketId: string
  /** `reply`, `note` or `solution`. */
  readonly kind: string
  readonly text: string
  /** Whether it is known which comment at InvGate it is. */
  readonly hasKey: boolean
}

export type SeenIncident = {
  readonly id: number
  readonly title: string
  readonly text: string
  readonly statusId: number
  readonly rating: number | null
  readonly comments: readonly { readonly text: string; readonly isPublic: boolean }[]
}

/** An answer to a request for a ticket; each request has a title of its own, under which it is repeated. */
export type SeenAnswer = {
  readonly title: string
  /** Null when the connection broke. */
  readonly status: number | null
  readonly ticketId: string | null
  readonly invgateId: string | null
  readonly code: string | null
  readonly error: string | null
}

/** Any other write: what was asked and how it was answered. */
export type SeenWrite = { readonly what: string; readonly status: number | null; readonly text: string }

/** Words that somebody was told are kept, or that somebody has written at InvGate. */
export type Said = { readonly title: string; readonly text: string }

export type DeskEvidence = {
  readonly mode: 'sync' | 'deferred'
  readonly tickets: readonly SeenTicket[]
  readonly messages: readonly SeenMessage[]
  readonly incidents: readonly SeenIncident[]
  /** The addresses of all accounts at InvGate. */
  readonly accounts: readonly string[]
  /** In the sequence in which they came, for each title. */
  readonly answers: readonly SeenAnswer[]
  readonly writes: readonly SeenWrite[]
  readonly said: readonly Said[]
}

/** Everything that is wrong; an empty list when nothing is. */
export function judgeDesk(evidence: DeskEvidence): readonly DeskViolation[] {
  return [
    ...judgeKept(evidence),
    ...judgePairs(evidence),
    ...judgeStates(evidence),
    ...judgeMessages(evidence),
    ...judgeAnswers(evidence),
    ...judgeAccounts(evidence),
  ]
}

function judgeKept({ tickets, answers }: DeskEvidence): DeskViolation[] {
  const violations: DeskViolation[] = []
  const byTitle = Map.groupBy(tickets, ({ title }) => title)
  const asked = Map.groupBy(answers, ({ title }) => title)
  const say = (message: string) => void violations.push({ promise: 'kept', message })
  for (const [title, all] of asked) {
    const told = new Set(all.flatMap(({ ticketId }) => ticketId ?? []))
    const kept = byTitle.get(title) ?? []
    if (kept.length !== 1) say(`${title} is kept as ${kept.length} tickets`)
    if (told.size !== 1) say(`${title} was answered with ${told.size} tickets`)
    for (const id of told) if (!kept.some((ticket) => ticket.id === id)) say(`${title}: ${id} is not there`)
  }
  for (const title of byTitle.keys()) if (!asked.has(title)) say(`nobody has asked for ${title}`)
  return violations
}

function judgePairs({ tickets, incidents }: DeskEvidence): DeskViolation[] {
  const violations: DeskViolation[] = []
  const say = (message: string) => void violations.push({ promise: 'pairs', message })
  const claimed = new Map<number, string[]>()
  for (const { number, reference, invgateId, syncState } of tickets) {
    const mine = incidents.filter(({ text }) => text.includes(`[Karya: ${reference}]`))
    for (const { id } of mine) claimed.set(id, [...(claimed.get(id) ?? []), number])
    if (mine.length !== 1) say(`${number} has ${mine.length} incidents: ${mine.map(({ id }) => id).join()}`)
    else if (String(mine[0]?.id) !== invgateId) say(`${number} takes ${invgateId} for ${mine[0]?.id}`)
    if (syncState !== 'synced') say(`${number} is ${syncState}`)
  }
  for (const { id } of incidents) {
    const owners = claimed.get(id) ?? []
    if (owners.length !== 1) say(`the incident ${id} belongs to ${owners.length} tickets: ${owners.join()}`)
  }
  return violations
}

/**
 * The ids of InvGate's statuses that say the same as ours. InvGate is not told of what it has no word for: that
 * somebody has begun, that somebody here waits for anybody but the customer, and that a ticket was closed without a
 * rating.
 */
export function statusesAtInvgate({
  status,
  pendingReason,
  rating,
}: Pick<SeenTicket, 'status' | 'pendingReason' | 'rating'>): readonly number[] {
  switch (status) {
    case 'new':
      return [1]
    case 'open':
      return [1, 2]
    case 'pending':
      return pendingReason === 'customer' ? [4] : [1, 2, 3, 4]
    case 'solved':
      return [5]
    case 'closed':
      return rating === null ? [5, 6] : [6]
    case 'cancelled':
      return [7, 8]
    default:
      return []
  }
}

function judgeStates({ tickets, incidents }: DeskEvidence): DeskViolation[] {
  const violations: DeskViolation[] = []
  const say = (message: string) => void violations.push({ promise: 'states', message })
  for (const ticket of tickets) {
    const incident = incidents.find(({ id }) => String(id) === ticket.invgateId)
    if (incident === undefined) continue
    const { number, status, pendingReason, rating } = ticket
    if (!statusesAtInvgate(ticket).includes(incident.statusId))
      say(`${number} is ${status} ${pendingReason ?? ''}, its incident in status ${incident.statusId}`)
    if (rating !== null && rating !== incident.rating)
      say(`${number} is rated ${rating}, its incident ${incident.rating}`)
  }
  return violations
}

function judgeMessages({ tickets, messages, incidents, said }: DeskEvidence): DeskViolation[] {
  const violations: DeskViolation[] = []
  const say = (message: string) => void violations.push({ promise: 'messages', message })
  const messagesOf = Map.groupBy(messages, ({ ticketId }) => ticketId)
  const saidOf = Map.groupBy(said, ({ title }) => title)
  for (const { id, number, title, invgateId } of tickets) {
    const mine = messagesOf.get(id) ?? []
    const theirs = incidents.find((incident) => String(incident.id) === invgateId)?.comments ?? []
    const [heard, hidden] = [
      theirs.filter(({ isPublic }) => isPublic),
      theirs.filter(({ isPublic }) => !isPublic),
    ].map((list) => list.map(({ text }) => text))
    const spoken = textsOf(mine, ({ kind }) => kind !== 'note')
    for (const difference of compare(spoken, heard ?? [])) say(`${number}: ${difference}`)
    // Notes of the desk stay here; those of InvGate come in.
    const taken = textsOf(mine, ({ kind, hasKey }) => kind === 'note' && hasKey)
    for (const difference of compare(taken, hidden ?? [])) say(`${number}, notes: ${difference}`)
    for (const difference of lacking(
      (saidOf.get(title) ?? []).map(({ text }) => text),
      mine.map(({ text }) => text),
    ))
      say(`${number} has lost what was said: ${difference}`)
  }
  return violations
}

function textsOf(messages: readonly SeenMessage[], isMeant: (message: SeenMessage) => boolean): string[] {
  return messages.filter(isMeant).map(({ text }) => text)
}

/** How often each text is on one side and on the other, where that is not the same. */
function compare(here: readonly string[], there: readonly string[]): string[] {
  return [...new Set([...here, ...there])].flatMap((text) => {
    const counts = [here, there].map((list) => list.filter((each) => each === text).length)
    return counts[0] === counts[1] ? [] : [`"${text}" is here ${counts[0]} times, there ${counts[1]} times`]
  })
}

function lacking(wanted: readonly string[], found: readonly string[]): string[] {
  return [...new Set(wanted)].filter(
    (text) => wanted.filter((each) => each === text).length > found.filter((each) => each === text).length,
  )
}

function judgeAnswers({ mode, answers, writes }: DeskEvidence): DeskViolation[] {
  const violations: DeskViolation[] = []
  const say = (message: string) => void violations.push({ promise: 'answers', message })
  for (const [title, all] of Map.groupBy(answers, (answer) => answer.title)) {
    all.forEach((answer, index) => {
      // Only what a process has not lived to answer may be asked again before it is known what came of it.
      const isRepeated = all.slice(0, index).some(({ status }) => status === null)
      if (!isRight(mode, answer, { isRepeated })) say(`${title}: ${JSON.stringify(answer)}`)
    })
  }
  for (const write of writes) if (!isRightWrite(write)) say(JSON.stringify(write))
  return violations
}

function isRight(
  mode: DeskEvidence['mode'],
  { status, code, error, invgateId, ticketId }: SeenAnswer,
  { isRepeated }: { readonly isRepeated: boolean },
): boolean {
  // A process that is gone, or a database that is busy, has nothing to do with InvGate.
  if (status === null || (status === 503 && code === 'unavailable')) return true
  if (status === 409) return isRepeated && code === 'idempotency_key_in_use'
  if (ticketId === null) return false
  if (mode === 'deferred') return status === 201
  if (status === 201) return invgateId !== null
  return status === 502 && /^(armmada error: .|context deadline exceeded$)/.test(error ?? '')
}

/** A write at a ticket waits for nobody; it is refused where the ticket has moved on. */
function isRightWrite({ status }: SeenWrite): boolean {
  return status === null || (status >= 200 && status < 300) || status === 409 || status === 503
}

function judgeAccounts({ accounts }: DeskEvidence): DeskViolation[] {
  return [...Map.groupBy(accounts, (email) => email.toLowerCase())]
    .filter(([, all]) => all.length > 1)
    .map(([email, all]) => ({ promise: 'accounts', message: `${email} has ${all.length} accounts` }))
}
