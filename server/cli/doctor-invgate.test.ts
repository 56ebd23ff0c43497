import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type InvgateSimulator, startInvgateSimulator } from '#simulators/invgate'
import { backends } from '#tests/backends'

type Ran = { readonly code: number; readonly line: string; readonly all: string }

const SECRET = 'a sign-in & of <the> tests'

describe('karya doctor and InvGate', () => {
  const [sqlite] = backends
  assert.ok(sqlite)
  let sim: InvgateSimulator
  let place: Awaited<ReturnType<typeof sqlite.create>>
  before(async () => {
    place = await sqlite.create()
    sim = await startInvgateSimulator({ password: SECRET, hasOauth: true })
  })
  beforeEach(() => {
    sim.faults.clear()
    Object.assign(sim.settings, { hasHtmlSignIn: false, scopes: 'granted' })
  })
  after(async () => {
    await sim.stop()
    await place.remove()
  })

  /** What it says of InvGate, and whether it was content. */
  async function doctor(environment: Readonly<Record<string, string>>): Promise<Ran> {
    const env = {
      PATH: process.env['PATH'],
      NODE_ENV: 'test',
      ...place.environment,
      INVGATE_BASE_URL: sim.url,
      INVGATE_ALLOW_PRIVATE: 'true',
      ...environment,
    }
    return await new Promise((resolve) => {
      execFile(process.execPath, ['server/main.ts', 'doctor'], { env }, (error, out, err) => {
        const line = /^invgate.*$/m.exec(out)?.[0] ?? ''
        resolve({ code: error === null ? 0 : Number(error.code), line, all: out + err })
      })
    })
  }
  const basic = (password: string) => ({ INVGATE_USERNAME: 'api', INVGATE_PASSWORD: password })
  const oauth = (secret: string) => ({ INVGATE_CLIENT_ID: 'api', INVGATE_CLIENT_SECRET: secret })

  function assertSecret({ all }: Ran, secret: string): void {
    const header = Buffer.from(`api:${secret}`).toString('base64')
    for (const hidden of [secret, header, encodeURIComponent(secret)]) assert.ok(!all.includes(hidden), all)
    assert.doesNotMatch(all, /[0-9a-f]{48}/)
  }

  it('F16 is content with a good sign-in, of either kind and under the older names', async () => {
    for (const environment of [
      basic(SECRET),
      oauth(SECRET),
      { INVGATE_BASE_URL: '', ARMMADA_BASE_URL: sim.url, ARMMADA_USERNAME: 'api', ARMMADA_PASSWORD: SECRET },
    ]) {
      const ran = await doctor(environment)
      assert.equal(ran.code, 0, ran.all)
      assert.match(ran.line, /^invgate {4}ok {4}127\.0\.0\.1:\d+, sync$/, ran.all)
      assertSecret(ran, SECRET)
    }
  })

  it('F16 says how a bad sign-in was refused, and fails', async () => {
    for (const [environment, hasHtmlSignIn, said] of [
      [basic('wrong & <worse>'), false, /^invgate {4}down {2}401 /],
      [basic('wrong & <worse>'), true, /^invgate {4}down {2}401 Sign in$/],
      [oauth('wrong & <worse>'), false, /^invgate {4}down {2}InvGate gave no token \(401\)$/],
    ] as const) {
      Object.assign(sim.settings, { hasHtmlSignIn })
      const ran = await doctor(environment)
      assert.equal(ran.code, 1)
      assert.match(ran.line, said, ran.all)
      assertSecret(ran, 'wrong & <worse>')
    }
  })

  it('F16 says that a token opens nothing', async () => {
    for (const [scopes, said] of [
      ['lost', /^invgate {4}down {2}InvGate gave a token without scopes, which opens nothing$/],
      ['lost_silently', /^invgate {4}down {2}403 /],
    ] as const) {
      Object.assign(sim.settings, { scopes })
      const ran = await doctor(oauth(SECRET))
      assert.equal(ran.code, 1)
      assert.match(ran.line, said, ran.all)
      assertSecret(ran, SECRET)
    }
  })

  it('F16 does not go to a private address, nor to one with a user in it', async () => {
    const asked = sim.journal.entries.length
    const ran = await doctor({ ...basic(SECRET), INVGATE_ALLOW_PRIVATE: 'false' })
    assert.deepEqual(
      [ran.code, ran.line],
      [1, 'invgate    down  the address is not one of the public internet'],
    )
    const address = sim.url.replace('//', `//api:${encodeURIComponent(SECRET)}@`)
    const refused = await doctor({ ...basic(SECRET), INVGATE_BASE_URL: address })
    assert.notEqual(refused.code, 0)
    assert.match(refused.all, /INVGATE_BASE_URL: expected an http:\/\/ or https:\/\/ address without user/)
    for (const each of [ran, refused]) assertSecret(each, SECRET)
    assert.equal(sim.journal.entries.length, asked)
  })
})
