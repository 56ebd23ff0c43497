import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createOutboundHttp } from '#platform/outbound/outbound-http'
import { createLog } from '#platform/telemetry/log'
import { type InvgateSimulator, startInvgateSimulator } from '#simulators/invgate'
import { startHttpSink } from '#tests/http-sink'
import type { NewInvgateIncident } from './invgate/contract.ts'
import { createInvgateDesk, type InvgateCredentials } from './invgate/desk.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateOptions } from './invgate-bridge.ts'
import { checkInvgate } from './invgate-check.ts'

const PASSWORD = 'a-sign-in-of-the-tests'
const BASIC: InvgateCredentials = { kind: 'basic', username: 'api', password: PASSWORD }
const OAUTH: InvgateCredentials = { kind: 'oauth2', clientId: 'api', clientSecret: PASSWORD }
const REFUSED = 'the address is not one of the public internet'

/** All of them lead to this machine, as any client of HTTP would read them. */
const LOOPBACK = [
  '127.0.0.1',
  '127.0.0.1.',
  '127.1',
  '127.0.1',
  '2130706433',
  '017700000001',
  '0177.0.0.1',
  '0177.0.0.01',
  '0x7f000001',
  '0X7F.0.0.1',
  '0x7f.1',
  '127.000.000.001',
  '%31%32%37.0.0.1',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '[::ffff:127.0.0.1]',
  '[::FFFF:7F00:1]',
  '[0:0:0:0:0:ffff:7f00:0001]',
  'localhost',
  'LOCALHOST',
  'ｌｏｃａｌｈｏｓｔ',
]
/** Private, shared, link-local, of clouds, or an address of IPv4 in the clothes of IPv6. */
const ELSEWHERE = [
  '0.0.0.0',
  '0',
  '127.255.255.254',
  '10.0.0.1',
  '012.0.0.1',
  '167772161',
  '172.16.0.1',
  '192.168.1.1',
  '192.168.257',
  '100.64.0.1',
  '169.254.169.254',
  '2852039166',
  '0xA9FEA9FE',
  '0251.0376.0251.0376',
  '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
  '100.100.100.200',
  '168.63.129.16',
  '192.0.0.192',
  '[::]',
  '[::1]',
  '[0000::0001]',
  '[::127.0.0.1]',
  '[fe80::1]',
  '[fd00::1]',
  '[FC00::1]',
  '[fd00:ec2::254]',
  '[fec0::1]',
  '[::ffff:a9fe:a9fe]',
  '[::ffff:10.0.0.1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[64:ff9b::169.254.169.254]',
  '[64:ff9b:1::7f00:1]',
  '[2002:7f00:1::]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:4136:e378:8000:63bf:80ff:fffe]',
]

/** Nobody's InvGate, whatever is allowed. */
const ALWAYS = [
  '0.0.0.0',
  '100.100.100.200',
  '169.254.169.254',
  '0xA9FEA9FE',
  '[fe80::1]',
  '[::ffff:169.254.169.254]',
  '[fd00:ec2::254]',
  '[64:ff9b::a9fe:a9fe]',
]

describe('the address of InvGate', () => {
  const lines: string[] = []
  const log = createLog({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } })
  let sim: InvgateSimulator
  before(async () => {
    sim = await startInvgateSimulator({ password: PASSWORD, hasOauth: true })
  })
  beforeEach(() => sim.journal.clear())
  after(async () => await sim.stop())

  const port = () => new URL(sim.rootUrl).port
  const options = (change: Partial<InvgateOptions>): InvgateOptions => ({
    baseUrl: sim.url,
    dialect: 'service-management',
    credentials: BASIC,
    mode: 'sync',
    allowPrivate: false,
    requestsPerSecond: 1_000,
    place: { companyId: null, groupId: null },
    pollSeconds: 15,
    ...change,
  })
  const check = async (host: string, change: Partial<InvgateOptions> = {}) =>
    await checkInvgate({ log, options: options({ baseUrl: `http://${host}:${port()}/api/v1`, ...change }) })

  it('is refused when connecting where it is this machine or a private one, in every spelling', async () => {
    const all = [...LOOPBACK, ...ELSEWHERE].flatMap((host) =>
      [BASIC, OAUTH].map(async (credentials) => [host, await check(host, { credentials })] as const),
    )
    for (const [host, answer] of await Promise.all(all)) assert.equal(answer, REFUSED, host)
    // Whether this name is known is up to the machine.
    assert.notEqual(await check('localhost.'), null)
    assert.equal(sim.journal.entries.length, 0)
  })

  it('is the same machine in each of these spellings, once private ones are allowed', async () => {
    const answers = LOOPBACK.map(async (host) => [host, await check(host, { allowPrivate: true })] as const)
    for (const [host, answer] of await Promise.all(answers)) assert.equal(answer, null, host)
    assert.equal(sim.journal.entries.length, LOOPBACK.length)
  })

  it('is never link-local or of the secrets of a cloud, not even then', async () => {
    const answers = ALWAYS.map(async (host) => [host, await check(host, { allowPrivate: true })] as const)
    for (const [host, answer] of await Promise.all(answers)) assert.equal(answer, REFUSED, host)
  })

  it('with a user in it is none, whichever machine the user looks like', async () => {
    const hosts = ['desk.example@127.0.0.1', 'user:secret@127.0.0.1', '@127.0.0.1', 'desk.example:80@[::1]']
    const answers = hosts.map(async (host) => await check(host, { allowPrivate: true }))
    for (const answer of await Promise.all(answers)) {
      assert.equal(answer, 'not an http or https address without a user')
    }
    assert.equal(sim.journal.entries.length, 0)
  })

  it('is judged by every address of a name, each time that it is connected to', async () => {
    const lists = [['1.1.1.1', '10.0.0.1'], ['2606:4700::1111', '::1'], ['127.0.0.1']]
    let asked = 0
    const http = createOutboundHttp({
      log,
      allowPrivate: false,
      async resolve() {
        const list = lists[asked] ?? ['127.0.0.1']
        asked += 1
        return list.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
      },
    })
    const baseUrl = `http://desk.example:${port()}/api/v1`
    const desk = createInvgateDesk({ http, baseUrl, dialect: 'service-management', credentials: BASIC })
    await assert.rejects(desk.check(), { name: 'InvgateFailure', message: REFUSED, mayBeDone: false })
    assert.deepEqual([asked, sim.journal.entries.length], [3, 0])
  })

  it('is not exchanged for another by a redirect, and nobody else learns the sign-in', async () => {
    const sink = await startHttpSink()
    try {
      const http = createOutboundHttp({ log, allowPrivate: true })
      for (const status of [301, 302, 303, 307, 308]) {
        sink.answer({ status, headers: { location: `${sim.url}/sd.version` } })
        const desk = createInvgateDesk({
          http,
          baseUrl: `${sink.url}/api/v1`,
          dialect: 'service-management',
          credentials: BASIC,
        })
        const refused = { code: 'refused', status, mayBeDone: false }
        await assert.rejects(desk.check(), refused)
        await assert.rejects(desk.create(INCIDENT), refused)
        const signingIn = createInvgateDesk({
          http,
          baseUrl: sink.url,
          dialect: 'simple',
          credentials: OAUTH,
        })
        await assert.rejects(signingIn.check(), (error) => {
          assert.ok(error instanceof InvgateFailure)
          assert.equal(error.message, `InvGate gave no token (${status})`)
          return true
        })
      }
      assert.equal(sink.received.length, 15)
      assert.equal(sim.journal.entries.length, 0)
    } finally {
      await sink.stop()
    }
  })

  it('and the sign-in stay out of the log, whatever came of it', () => {
    const basic = Buffer.from(`api:${PASSWORD}`).toString('base64')
    const logged = lines.join('')
    assert.match(logged, /outside the public internet/)
    for (const secret of [PASSWORD, basic, 'user:secret']) assert.ok(!logged.includes(secret))
  })
})

const INCIDENT: NewInvgateIncident = {
  reference: 'REF-1',
  title: 'Printer',
  description: 'No toner',
  creator: { id: 1, email: 'a@example.test' },
  customer: { id: 1, email: 'a@example.test' },
  categoryId: 11,
  typeId: 1,
  priorityId: 2,
  sourceId: null,
  files: [],
}
