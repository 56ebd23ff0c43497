import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createOutboundHttp } from '#platform/outbound/outbound-http'
import { createLog } from '#platform/telemetry/log'
import { type InvgateSimulator, type SimulatorOptions, startInvgateSimulator } from '#simulators/invgate'
import type { InvgateDesk, NewInvgateIncident } from './contract.ts'
import { createInvgateDesk, type DeskParts } from './desk.ts'
import { InvgateFailure } from './failure.ts'

const lines: string[] = []
const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } })
const SITI = { id: 2630, email: 'siti@example.test' }
const INCIDENT: NewInvgateIncident = {
  reference: 'REF-1',
  title: 'Printer <down>',
  description: 'No toner & no paper\n\nPlease <b>help</b>',
  creator: SITI,
  customer: SITI,
  categoryId: 11,
  typeId: 1,
  priorityId: 2,
  sourceId: null,
  files: [],
}
const running: InvgateSimulator[] = []

afterEach(async () => {
  for (const sim of running.splice(0)) await sim.stop()
})

async function start(
  options: SimulatorOptions = {},
  parts: Partial<DeskParts> = {},
): Promise<{ sim: InvgateSimulator; desk: InvgateDesk }> {
  const sim = await startInvgateSimulator({ seed: { users: [SITI] }, ...options })
  running.push(sim)
  const desk = createInvgateDesk({
    http: createOutboundHttp({ allowPrivate: true, log }),
    baseUrl: sim.url,
    dialect: sim.settings.dialect,
    credentials: { kind: 'basic', username: 'api', password: 'sim-password' },
    requestsPerSecond: 1_000,
    ...parts,
  })
  return { sim, desk }
}

async function failureOf(promise: Promise<unknown>): Promise<InvgateFailure> {
  const error: unknown = await promise.then(
    () => assert.fail('it did not fail'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof InvgateFailure, String(error))
  return error
}

const dialects = ['service-management', 'simple'] as const

describe('D4 making an incident', () => {
  it('reads the id in every way in which it is told', async () => {
    for (const requestIdStyle of ['string', 'number', 'id'] as const) {
      for (const idStyle of ['modern', 'legacy'] as const) {
        const { desk } = await start({ requestIdStyle, idStyle })
        assert.deepEqual(await desk.create(INCIDENT), { id: '1' })
      }
    }
  })

  it('uses the singular, a form, and escaped text with the reference', async () => {
    const { sim, desk } = await start()
    await desk.create(INCIDENT)
    const [sent, ...more] = sim.journal.entries
    assert.deepEqual([more, sent?.endpoint], [[], 'incident'])
    assert.equal(sent?.contentType, 'application/x-www-form-urlencoded')
    assert.equal(
      sim.store.findIncident(1)?.description,
      '<p>No toner &amp; no paper</p><p>Please &lt;b&gt;help&lt;/b&gt;</p><p>[Karya: REF-1]</p>',
    )
  })

  it('sends files in parts', async () => {
    const { sim, desk } = await start()
    const content = Buffer.from([0, 1, 2, 255, 13, 10, 45, 45])
    const file = { name: 'a "b"\r\n.png', mediaType: 'image/png', content }
    await desk.create({ ...INCIDENT, files: [file, file] })
    assert.equal(sim.journal.entries[0]?.contentType, 'multipart/form-data')
    assert.deepEqual(sim.store.findIncident(1)?.attachments, [1, 2])
    assert.deepEqual(sim.store.findAttachment(1)?.content, content)
    assert.equal(sim.store.findIncident(1)?.title, INCIDENT.title)
  })

  it('tells a refusal under 200 from a success', async () => {
    const { sim, desk } = await start()
    const failure = await failureOf(desk.create({ ...INCIDENT, categoryId: 999 }))
    assert.deepEqual(
      [failure.code, failure.mayBeDone, failure.message],
      ['refused', false, 'Invalid category_id.'],
    )
    const homeless = await failureOf(desk.create({ ...INCIDENT, creator: { ...SITI, id: null } }))
    assert.deepEqual([homeless.code, homeless.mayBeDone], ['refused', false])
    assert.equal(sim.store.incidents().length, 0)
  })
})

for (const dialect of dialects) {
  const endpoint = dialect === 'simple' ? 'incidents' : 'incident'
  const struck = { endpoint, method: 'POST' }

  describe(`D5 an uncertain create in the dialect ${dialect}`, () => {
    for (const [mode, isMade] of [
      ['reset_before', false],
      ['reset_after_commit', true],
      ['hang', false],
      ['hang_after_commit', true],
      ['status', false],
      ['status_after_commit', true],
      ['truncate', true],
      ['no_id', true],
    ] as const) {
      it(`is not repeated but found again: ${mode}`, async () => {
        const { sim, desk } = await start({ dialect }, { timeoutMs: 1_500 })
        sim.faults.add({ mode, ...struck })
        const failure = await failureOf(desk.create(INCIDENT))
        assert.equal(failure.mayBeDone, true)
        assert.equal(failure.code === 'timeout', mode.startsWith('hang'))
        assert.equal(sim.journal.of(endpoint, 'POST').length, 1)
        assert.equal(sim.store.incidents().length, isMade ? 1 : 0)
        const found = await desk.findByReference('REF-1', SITI)
        assert.deepEqual(found, isMade ? { id: '1' } : null)
        assert.equal(await desk.findByReference('REF-', SITI), null)
        assert.equal(await desk.findByReference('REF-11', SITI), null)
      })
    }

    it('is certain where it never left or was refused', async () => {
      const { sim, desk } = await start({ dialect })
      sim.faults.add({ mode: 'status', status: 429, ...struck })
      const late = await failureOf(desk.create(INCIDENT))
      assert.deepEqual(
        [late.code, late.status, late.mayBeDone, late.isPassing],
        ['refused', 429, false, true],
      )
      assert.equal(sim.journal.of(endpoint, 'POST').length, 1)
      await sim.goDown()
      const down = await failureOf(desk.create(INCIDENT))
      assert.deepEqual([down.code, down.mayBeDone], ['unreachable', false])
      await sim.comeBack()
      assert.equal((await desk.create(INCIDENT)).id, '1')
    })

    it('ends 1:1 when three of ten answers are lost', async () => {
      const { sim, desk } = await start({ dialect, pageSize: 20 })
      sim.faults.add({ mode: 'reset_after_commit', share: 0.3, times: null, ...struck })
      const ids = new Set<string>()
      let lost = 0
      for (let number = 1; number <= 60; number += 1) {
        const reference = `REF-${number}`
        const made = await desk.create({ ...INCIDENT, reference }).catch(async (error: unknown) => {
          assert.ok(error instanceof InvgateFailure && error.mayBeDone)
          lost += 1
          return await desk.findByReference(reference, SITI)
        })
        assert.ok(made !== null)
        ids.add(made.id)
      }
      assert.ok(lost > 5, `only ${lost} were lost`)
      assert.deepEqual([ids.size, sim.store.incidents().length], [60, 60])
    })

    it('finds what has ended long before it is looked for', async () => {
      const { sim, desk } = await start({ dialect, pageSize: 1_000 })
      for (let number = 1; number <= 250; number += 1) {
        const createdAt = 1_700_000_000 + number * 3_600
        sim.store.addIncident({
          title: `T${number}`,
          description: `[Karya: R-${number}]`,
          user_id: 2630,
          creator_id: 2630,
          status_id: 5 + (number % 4),
          created_at: createdAt,
        })
      }
      const since = new Date((1_700_000_000 + 40 * 3_600) * 1_000)
      assert.deepEqual(await desk.findByReference('R-45', { ...SITI, since }), { id: '45' })
      assert.equal(await desk.findByReference('R-251', { ...SITI, since }), null)
    })

    it('sends no key for the first page and goes through all of them', async () => {
      const { sim, desk } = await start({ dialect, pageSize: 2 })
      for (let number = 1; number <= 105; number += 1) {
        sim.store.addIncident({
          title: `T${number}`,
          description: `[Karya: R-${number}]`,
          user_id: 2630,
          creator_id: 2630,
        })
      }
      if (dialect === 'simple') for (let id = 12; id <= 105; id += 1) sim.store.change(id, { creator_id: 1 })
      assert.deepEqual(await desk.findByReference('R-1', SITI), { id: '1' })
      const lists = sim.journal.entries.filter(({ method }) => method === 'GET')
      assert.ok(lists.length > 1)
      assert.equal(lists[0]?.parameters['page_key'], undefined)
      for (const { parameters } of lists.slice(1)) assert.ok(parameters['page_key'])
    })
  })

  describe(`D7 reading in the dialect ${dialect}`, () => {
    it('reads incidents and tells when there is none', async () => {
      const { sim, desk } = await start({ dialect })
      const { id } = await desk.create(INCIDENT)
      sim.agent.setStatus(1, 4)
      const { createdAt, updatedAt, ...incident } = (await desk.find(id)) ?? assert.fail('it is not there')
      for (const time of [createdAt, updatedAt])
        assert.ok(time !== null && Math.abs(time.getTime() - Date.now()) < 60_000)
      assert.deepEqual(incident, {
        id: '1',
        title: 'Printer <down>',
        priorityId: 2,
        status: { status: 'pending', pendingReason: 'customer' },
        rating: null,
      })
      assert.equal(await desk.find('99'), null)
      assert.deepEqual(
        (await desk.list(['1', '99'])).map((each) => each.id),
        ['1'],
      )
      await desk.check()
    })

    it('repeats reading at most twice, with and without a time to wait', async () => {
      const { sim, desk } = await start({ dialect })
      sim.faults.add({ mode: 'status', status: 429, retryAfter: 1 }, { mode: 'reset_before' })
      assert.equal(await desk.find('9'), null)
      assert.equal(sim.journal.entries.length, 3)
      sim.journal.clear()
      sim.faults.add({ mode: 'html', status: 502, times: 3 })
      const failure = await failureOf(desk.find('9'))
      assert.deepEqual([failure.code, failure.status, failure.mayBeDone], ['unreachable', 502, false])
      assert.match(failure.message, /^502 Error 502$/)
      assert.equal(sim.journal.entries.length, 3)
    })

    it('tells no credential', async () => {
      const password = 'another-secret'
      const { desk } = await start(
        { dialect, hasHtmlSignIn: true },
        { credentials: { kind: 'basic', username: 'api', password } },
      )
      const failure = await failureOf(desk.find('1'))
      assert.deepEqual([failure.code, failure.status, failure.message], ['refused', 401, '401 Sign in'])
      const header = Buffer.from(`api:${password}`).toString('base64')
      assert.doesNotMatch(JSON.stringify([failure.message, lines]), new RegExp(`${password}|${header}`))
    })
  })
}

describe('D7 what the real dialect can do besides', () => {
  it('knows what is not there in every way of saying so', async () => {
    for (const notFound of ['404', 'false', 'error200'] as const) {
      const { desk } = await start({ notFound })
      assert.equal(await desk.find('9'), null)
      assert.equal(await desk.findUser('nobody@example.test'), null)
      assert.deepEqual(await desk.list(['9']), [])
    }
  })

  it('asks for a hundred incidents at once', async () => {
    const { sim, desk } = await start()
    const ids = Array.from({ length: 250 }, (_, index) =>
      String(sim.store.addIncident({ title: `T${index}` }).id),
    )
    assert.equal((await desk.list(ids)).length, 250)
    const batches = sim.journal.entries.map(({ parameters }) => parameters['ids']?.length)
    assert.deepEqual(batches, [100, 100, 50])
  })

  it('writes and reads comments as text and harmless HTML', async () => {
    for (const idStyle of ['modern', 'legacy'] as const) {
      const { sim, desk } = await start({ idStyle })
      await desk.create(INCIDENT)
      const note = { text: 'a < b', authorId: 2, isPublic: false, isSolution: false, files: [] }
      await desk.comment('1', note)
      sim.agent.comment(1, { message: '<p onclick="x()">Hi&#xA0;there<script>x()</script></p>\r\n' })
      await desk.comment('1', { ...note, text: 'New toner', isPublic: true, isSolution: true })
      const comments = await desk.listComments('1')
      assert.deepEqual(
        comments.map(({ html, text, isPublic, isSolution }) => [html, text, isPublic, isSolution]),
        [
          ['<p>a &lt; b</p>', 'a < b', false, false],
          ['<p>Hi\u00A0there</p>', 'Hi there', true, false],
          ['<p>New toner</p>', 'New toner', true, true],
        ],
      )
      assert.equal((await desk.find('1'))?.status?.status, 'solved')
    }
  })

  it('moves an incident', async () => {
    const { desk } = await start()
    await desk.create(INCIDENT)
    const by = { authorId: 2, comment: 'Because' }
    const note = { text: 'Done', authorId: 2, isPublic: true, isSolution: true, files: [] }
    for (const [move, expected] of [
      [{ ...by, to: 'waiting_for_customer' }, 'pending'],
      [{ ...by, to: 'open' }, 'open'],
    ] as const) {
      await desk.move('1', move)
      assert.equal((await desk.find('1'))?.status?.status, expected)
    }
    await desk.comment('1', note)
    await desk.move('1', { ...by, to: 'not_accepted' })
    assert.equal((await desk.find('1'))?.status?.status, 'open')
    await desk.comment('1', note)
    await desk.move('1', { ...by, to: 'accepted', rating: 4 })
    const { status, rating } = (await desk.find('1')) ?? {}
    assert.deepEqual([status?.status, rating], ['closed', 4])
    await desk.move('1', { ...by, to: 'cancelled' })
    assert.equal((await desk.find('1'))?.status?.status, 'cancelled')
    assert.equal((await failureOf(desk.move('9', { ...by, to: 'open' }))).code, 'refused')
  })

  it('D6 finds, makes and places users without a password', async () => {
    const { sim, desk } = await start()
    assert.deepEqual(await desk.findUser('Siti@Example.test'), { id: 2630 })
    const budi = { name: 'Budi', lastname: 'S', email: 'budi@example.test' }
    assert.deepEqual(await desk.createUser(budi), { id: 2631 })
    await desk.placeUser(2631, { companyId: 1, groupId: null })
    assert.equal(sim.journal.of('companies.users').length, 1)
    assert.equal(sim.journal.of('groups.users').length, 0)
    assert.equal((await failureOf(desk.createUser(budi))).code, 'refused')
    for (const { parameters } of sim.journal.entries) assert.equal(parameters['pass'], undefined)
  })

  it('reads catalogues whole, on instances with small pages and without pages', async () => {
    for (const mostCategories of [20, 45, 500, 'all'] as const) {
      const { desk } = await start({ idStyle: 'legacy', mostCategories })
      const last = (await desk.listCatalogue('priorities')).at(-1)
      assert.deepEqual(last, { id: 5, name: 'Critical', parentId: null })
      const categories = await desk.listCatalogue('categories')
      assert.equal(categories.length, 45)
      assert.deepEqual(categories[10], { id: 11, name: 'Hardware', parentId: 1 })
      assert.equal(categories[0]?.parentId, null)
    }
  })

  it('takes the address of the instance alone', async () => {
    const { sim } = await start()
    const { desk } = await start({}, { baseUrl: sim.rootUrl })
    await desk.check()
    assert.equal(sim.journal.of('sd.version').length, 1)
  })
})

describe('D4 the sign-in with OAuth2', () => {
  const credentials = { kind: 'oauth2', clientId: 'api', clientSecret: 'sim-password' } as const

  it('asks for one token with all that it needs, and for another when it is not known any more', async () => {
    const { sim, desk } = await start({ hasOauth: true }, { credentials })
    await Promise.all([desk.check(), desk.findUser('x@example.test'), desk.listCatalogue('types')])
    await desk.create(INCIDENT)
    assert.equal(sim.journal.of('oauth').length, 1)
    sim.revokeTokens()
    await desk.create({ ...INCIDENT, reference: 'REF-2' })
    assert.equal(sim.journal.of('oauth').length, 2)
    assert.equal(sim.store.incidents().length, 2)
  })

  it('has the scopes for all that it does', async () => {
    const { sim, desk } = await start({ hasOauth: true }, { credentials })
    await desk.create(INCIDENT)
    const by = { authorId: 2, comment: 'x' }
    for (const to of ['waiting_for_customer', 'open', 'not_accepted', 'cancelled'] as const) {
      await desk.move('1', { ...by, to })
    }
    await desk.move('1', { ...by, to: 'accepted', rating: 5 })
    await desk.comment('1', { text: 'x', authorId: 2, isPublic: true, isSolution: false, files: [] })
    await desk.listComments('1')
    await desk.list(['1'])
    await desk.find('1')
    await desk.findByReference('none', SITI)
    const { id } = await desk.createUser({ name: 'B', lastname: 'S', email: 'b@example.test' })
    await desk.placeUser(id, { companyId: 1, groupId: 1 })
    await desk.findUser('b@example.test')
    for (const name of ['statuses', 'priorities', 'types', 'sources', 'categories'] as const) {
      await desk.listCatalogue(name)
    }
    assert.ok(sim.journal.entries.every(({ status }) => status === 200))
  })

  it('fails cleanly without a token, and tries again the next time', async () => {
    const { sim, desk } = await start({ hasOauth: true }, { credentials })
    sim.faults.add({ mode: 'status', status: 401, endpoint: 'oauth', times: 2 })
    const failure = await failureOf(desk.create(INCIDENT))
    assert.deepEqual([failure.status, failure.mayBeDone], [401, false])
    assert.equal((await desk.create(INCIDENT)).id, '1')
  })
})

describe('D4 sparing InvGate', () => {
  it('leaves it alone for as long as it wants, whoever asks', async () => {
    const { sim, desk } = await start({}, { timeoutMs: 2_000 })
    sim.faults.add({ mode: 'status', status: 429, retryAfter: 60, method: 'POST' })
    await failureOf(desk.create(INCIDENT))
    const resting = await failureOf(desk.check())
    assert.deepEqual([resting.code, resting.mayBeDone], ['resting', false])
    assert.equal(sim.journal.entries.length, 1)
  })

  it('rests after failures in a row, and one probe wakes it', async () => {
    const { sim, desk } = await start({}, { breaker: { threshold: 3, probeEveryMs: 400 } })
    sim.faults.add({ mode: 'status', times: null })
    for (let tries = 0; tries < 2; tries += 1) {
      await failureOf(desk.create(INCIDENT))
    }
    await failureOf(desk.create(INCIDENT))
    const resting = await failureOf(desk.create(INCIDENT))
    assert.deepEqual([resting.code, resting.mayBeDone], ['resting', false])
    assert.equal(sim.journal.entries.length, 3)
    sim.faults.clear()
    const deadline = Date.now() + 10_000
    for (;;) {
      const made = await desk.create(INCIDENT).catch(() => null)
      if (made !== null) break
      assert.ok(Date.now() < deadline, 'it never woke')
      await sleep(20)
    }
    await desk.check()
  })
})
