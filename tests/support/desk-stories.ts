import type { InvgateSimulator } from '#simulators/invgate'

type Write = {
  readonly by: 'customer' | 'agent'
  readonly method?: 'POST' | 'PUT'
  /** Below the ticket's own. */
  readonly path: string
  readonly body: object
  /** What is kept as a message if it is not refused. */
  readonly says?: string
}

/** What can be done with one ticket, here and at InvGate. */
export type Desk = {
  readonly rating: number
  readonly pause: () => Promise<void>
  /** Repeats a write until it is answered. */
  readonly write: (write: Write) => Promise<void>
  /**
   * Waits for the incident, and does something with it as people at InvGate do, with these words. Where it has not come
   * by the time that InvGate is itself again, nobody there does anything with it.
   */
  readonly atInvgate: (
    work: (agent: InvgateSimulator['agent'], incidentId: number) => unknown,
    ...words: readonly string[]
  ) => Promise<void>
}

export type Story = (desk: Desk) => Promise<void>

const STATUS = { open: 2, waiting: 4, closed: 6, cancelled: 8 } as const

/** What happens to tickets; both sides do something at the same time in some of them. */
export const stories: readonly Story[] = [
  async () => {},
  async (desk) => {
    await reply(desk, 'customer', 'Ada kabar?')
    await desk.pause()
    await reply(desk, 'agent', 'Sebentar, kami periksa <mesin> & selang.')
    await reply(desk, 'customer', 'Ada kabar?')
  },
  async (desk) => {
    await desk.pause()
    await solve(desk, 'Selang sudah diganti.')
  },
  async (desk) => {
    await desk.pause()
    const comment = 'Sudah kering sendiri.'
    await desk.write({ by: 'customer', path: '/cancel', body: { comment }, says: comment })
  },
  async (desk) => {
    await solve(desk, 'Coba nyalakan ulang.')
    await desk.pause()
    const comment = 'Masih bocor.'
    await desk.write({ by: 'customer', path: '/reopen', body: { comment }, says: comment })
    await desk.pause()
    await solve(desk, 'Coba nyalakan ulang.')
  },
  async (desk) => {
    await solve(desk, 'Segel baru terpasang.')
    await desk.pause()
    await accept(desk)
  },
  async (desk) => {
    await desk.write({
      by: 'agent',
      method: 'PUT',
      path: '/status',
      body: { status: 'pending', pending_reason: 'customer', reason: 'Catatan untuk meja saja.' },
    })
    await desk.pause()
    await reply(desk, 'customer', 'Ini fotonya.')
  },
  async (desk) => {
    await desk.atInvgate(
      (agent, id) => {
        agent.comment(id, { message: '<p>Teknisi datang <b>besok</b>.</p>' })
        agent.comment(id, { message: '<p>Pelanggan lama.</p>', isCustomerVisible: false })
      },
      'Teknisi datang besok.',
      'Pelanggan lama.',
    )
    await reply(desk, 'customer', 'Baik, terima kasih.')
  },
  async (desk) => {
    await desk.pause()
    await desk.atInvgate((agent, id) => agent.solve(id, '<p>Pompa diganti.</p>'), 'Pompa diganti.')
    await desk.pause()
    // Refused as long as the solution has not come over.
    await accept(desk)
  },
  async (desk) => {
    await desk.atInvgate((agent, id) => agent.setStatus(id, STATUS.waiting))
    await desk.pause()
    await reply(desk, 'customer', 'Nomor seri 42.')
  },
  async (desk) => {
    await desk.atInvgate((agent, id) => agent.setStatus(id, STATUS.cancelled))
    await desk.pause()
    await reply(desk, 'customer', 'Kenapa dibatalkan?')
  },
  async (desk) => {
    await solve(desk, 'Katup dibersihkan.')
    await desk.atInvgate((agent, id) => agent.setStatus(id, STATUS.open))
    await desk.pause()
    await solve(desk, 'Katup diganti.')
  },
  async (desk) => {
    await Promise.all([
      solve(desk, 'Dari meja kami.'),
      desk.atInvgate((agent, id) => agent.solve(id, '<p>Dari InvGate.</p>'), 'Dari InvGate.'),
    ])
    await desk.pause()
    await desk.atInvgate((agent, id) => agent.setStatus(id, STATUS.closed))
  },
]

async function reply({ write }: Desk, by: Write['by'], text: string): Promise<void> {
  await write({ by, path: '/messages', body: { text }, says: text })
}

async function solve({ write }: Desk, solution: string): Promise<void> {
  await write({
    by: 'agent',
    method: 'PUT',
    path: '/status',
    body: { status: 'solved', solution },
    says: solution,
  })
}

async function accept({ write, rating }: Desk): Promise<void> {
  const comment = rating < 4 ? { comment: 'Lama sekali.' } : {}
  await write({ by: 'customer', path: '/accept', body: { rating, ...comment } })
}
