import assert from 'node:assert/strict'
import { it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startHttpSink } from '#tests/http-sink'
import { PASSWORD } from '#tests/test-app'
import { startTestDesk, type TestDesk, TICKETS } from './test-desk.ts'
import { startBridgedDesk } from './test-invgate.ts'

/** With letters that every encoding writes in another way. */
const SECRET = 'p&ss "wörd"/+=<x>?'
const BASIC = Buffer.from(`api:${SECRET}`).toString('base64')
const SPELLINGS = [
  SECRET,
  BASIC,
  encodeURIComponent(SECRET),
  new URLSearchParams({ x: SECRET }).toString().slice(2),
  JSON.stringify(SECRET).slice(1, -1),
  'p&amp;ss &quot;wörd&quot;/+=&lt;x&gt;?',
  `Basic ${BASIC}`,
  encodeURIComponent(BASIC),
]
/** As a page shows it that takes a part of it for a tag. */
const MANGLED = 'p&ss "wörd"/+=?'
const FIELDS = { title: 'Mesin kopi bocor', description: 'Air menetes dari bawah.', category_id: 11 }
const FAULTS = [
  { mode: 'status', status: 400 },
  { mode: 'status', status: 401 },
  { mode: 'status', status: 403 },
  { mode: 'status', status: 429 },
  { mode: 'status', status: 500 },
  { mode: 'html', status: 401 },
  { mode: 'html', status: 502 },
  { mode: 'error200' },
  { mode: 'reset_before' },
  { mode: 'reset_after_commit' },
  { mode: 'truncate' },
  { mode: 'no_id' },
] as const

/** Every row of every table, as text. */
async function dump(db: Kysely<never>): Promise<string> {
  const tables = await db.introspection.getTables()
  const rows = await Promise.all(
    tables.map(async ({ name }) => (await sql`select * from ${sql.table(name)}`.execute(db)).rows),
  )
  assert.ok(rows.length > 40, `${rows.length} tables`)
  return JSON.stringify(rows)
}

/** Everything that can be seen of a server from outside and inside, once the answers are put to it. */
async function everythingOf(
  desk: TestDesk,
  answers: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const pages = [
    `${TICKETS}/sync`,
    `${TICKETS}/catalogues`,
    TICKETS,
    '/api/v1/events?after=0&limit=100',
    '/api/v1/openapi.json',
    '/health/ready',
    '/metrics',
  ]
  const seen = new Map([
    ['the answers', answers.join('\n')],
    ['the log', desk.logged()],
    ['the database', await dump(desk.app.database.db.withTables<never>())],
  ])
  for (const page of pages) {
    const { status, text } = await desk.ask('GET', page, { token: desk.administrator.token })
    assert.equal(status, 200, page)
    seen.set(page, text)
  }
  return seen
}

function assertSecret(seen: ReadonlyMap<string, string>): void {
  for (const [place, text] of seen) {
    for (const spelling of [...SPELLINGS, MANGLED]) {
      for (const kept of [spelling, JSON.stringify(spelling).slice(1, -1)]) {
        assert.ok(!text.includes(kept), `${kept} stands in ${place}`)
      }
    }
  }
}

onEach(engines.slice(0, 1), 'the sign-in at InvGate', (backend) => {
  it('F13 stands nowhere, whatever goes wrong', async () => {
    const desk = await startBridgedDesk(backend, { simulator: { password: SECRET, hasHtmlSignIn: true } })
    try {
      const answers: string[] = []
      const post = async () =>
        answers.push((await desk.ask('POST', TICKETS, { token: desk.customer.token, body: FIELDS })).text)
      for (const fault of FAULTS) {
        desk.sim.faults.add({ endpoint: 'incident', method: 'POST', ...fault })
        await post()
      }
      Object.assign(desk.sim.settings, { password: 'another one' })
      await desk.enrol()
      await post()
      Object.assign(desk.sim.settings, { password: SECRET })
      await desk.sim.goDown()
      await post()
      await desk.sim.comeBack()
      // What the background does with it is seen and logged as well.
      const backlog = async () =>
        (await desk.ask('GET', `${TICKETS}/sync`, { token: desk.agent.token })).body.backlog
      const { uncertain } = await backlog()
      desk.clock.advance(3_600_000)
      await eventually(backlog, (now) => now.uncertain < uncertain)
      const seen = await everythingOf(desk, answers)
      assertSecret(seen)
      assert.ok((seen.get('the database') ?? '').includes('Mesin kopi bocor'))
      for (const text of seen.values()) assert.ok(!text.includes(PASSWORD))
      assert.ok(!JSON.stringify(desk.sim.journal.entries).includes(PASSWORD))
    } finally {
      await desk.stop()
    }
  })

  it('F13 stands nowhere when InvGate repeats it in whatever it says', async () => {
    const sink = await startHttpSink()
    const desk = await startTestDesk(backend, {
      environment: {
        INVGATE_BASE_URL: sink.url,
        INVGATE_USERNAME: 'api',
        INVGATE_PASSWORD: SECRET,
        INVGATE_DIALECT: 'simple',
        INVGATE_ALLOW_PRIVATE: 'true',
        INVGATE_REQUESTS_PER_SECOND: '1000',
      },
    })
    try {
      const answers: string[] = []
      for (const spelling of SPELLINGS) {
        for (const [status, body] of [
          [400, JSON.stringify({ error: `You have sent ${spelling}.`, status: 400 })],
          [401, `<html><title>x</title><p>authorization: ${spelling}</p>`],
          [403, `Authorization: ${spelling}`],
          [200, JSON.stringify({ status: 'ERROR', info: `Bad sign-in ${spelling}` })],
          [200, `not JSON, ${spelling}`],
        ] as const) {
          sink.answer({ status, body })
          const { status: told, text } = await desk.ask('POST', TICKETS, {
            token: desk.customer.token,
            body: FIELDS,
          })
          assert.equal(told, 502, text)
          answers.push(text)
        }
      }
      assert.equal(
        sink.received.some(({ headers }) => headers.authorization === `Basic ${BASIC}`),
        true,
      )
      assertSecret(await everythingOf(desk, answers))
    } finally {
      await desk.stop()
      await sink.stop()
    }
  })
})
