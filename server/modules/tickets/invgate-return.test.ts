import assert from 'node:assert/strict'
import { it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startMailSink } from '#tests/mail-sink'
import { messagesOf, openIncident, startPollingDesk } from './test-poll.ts'

const MANY = 120

onEach(engines, 'what comes back from InvGate', (backend) => {
  it('D7 is asked for by at most a hundred ids at once, as ids[]', async () => {
    const desk = await startPollingDesk(backend)
    try {
      const { id } = await openIncident(desk)
      const row = await desk.db
        .selectFrom('tickets')
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      const clones = Array.from({ length: MANY }, (_, index) => ({
        ...row,
        id: `${row.id.slice(0, -4)}${(index + 0x10_00).toString(16)}`,
        number: `TCK-9${String(index).padStart(5, '0')}`,
        reference: `clone-${index}`,
        invgate_id: String(1_000 + index),
      })).filter((clone) => clone.id !== row.id)
      desk.sim.seed({
        incidents: clones.map(({ invgate_id: incidentId, title }) => ({ id: Number(incidentId), title })),
      })
      await desk.db.insertInto('tickets').values(clones).execute()
      desk.sim.journal.clear()
      const wanted = new Set([row.invgate_id, ...clones.map(({ invgate_id: incidentId }) => incidentId)])
      const asked = async () =>
        desk.sim.journal.of('incidents', 'GET').map(({ parameters }) => parameters['ids'])
      const lists = await eventually(asked, (calls) => new Set(calls.flat()).size >= wanted.size)
      assert.deepEqual(new Set(lists.flat()), wanted)
      for (const ids of lists) assert.ok(Array.isArray(ids) && ids.length <= 100, `${ids?.length} at once`)
      assert.ok(lists.some((ids) => ids?.length === 100))
      for (const { endpoint, status, parameters } of desk.sim.journal.entries) {
        // The last one may be under way.
        assert.ok(status === 200 || status === null, `${status} for ${endpoint}`)
        assert.equal(parameters['page_key'], undefined)
      }
    } finally {
      await desk.stop()
    }
  })
})

onEach(engines.slice(0, 1), 'what is said at InvGate', (backend) => {
  it('D7 is plain text wherever it is shown, whatever it looked like there', async () => {
    const mails = await startMailSink()
    const desk = await startPollingDesk(backend, {
      environment: { SMTP_URL: mails.url, MAIL_FROM: 'desk@karya.test' },
    })
    try {
      const { id, number, incidentId } = await openIncident(desk)
      desk.sim.agent.comment(incidentId, {
        message:
          '<p onmouseover="alert(1)">Halo <b>Siti</b> &lt;img src=x onerror=alert(2)&gt;' +
          '<script>alert(3)</script><a href="javascript:alert(4)">klik</a></p>',
      })
      const words = 'Halo Siti <img src=x onerror=alert(2)>klik'
      const [message] = await eventually(
        async () => await messagesOf(desk, id, desk.customer),
        ({ length }) => length === 1,
      )
      assert.equal(message?.text, words)
      const events = JSON.stringify(await desk.eventsOf(id))
      assert.doesNotMatch(events, /alert\([134]\)|javascript:|<script|<p|<b>/)

      const mail = await eventually(
        async () =>
          mails.received.find(
            ({ to, message: { text } }) => to.includes(desk.customer.email) && text.includes('Halo Siti'),
          ),
        (found) => found !== undefined,
      )
      assert.ok(mail)
      const { headers, html, text } = mail.message
      assert.match(headers.get('subject') ?? '', new RegExp(number))
      assert.ok(text.includes(words))
      assert.ok(html.includes('Halo Siti &lt;img src=x onerror=alert(2)&gt;klik'), html)
      assert.doesNotMatch(
        html,
        /<(?:img|script|a|iframe)\b|javascript:|alert\([134]\)| on\w+=(?!alert\(2\)&gt;)/i,
      )

      const { text: page } = await desk.ask('GET', '/api/v1/notifications', { token: desk.customer.token })
      assert.doesNotMatch(page, /alert\([134]\)|javascript:|<script/)
      const read = await desk.ask('GET', `/api/v1/tickets/${id}/messages`, { token: desk.customer.token })
      assert.match(String(read.headers['content-type']), /^application\/json/)
      assert.equal(read.headers['x-content-type-options'], 'nosniff')
    } finally {
      await desk.stop()
      await mails.stop()
    }
  })
})
