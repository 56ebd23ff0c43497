import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import { engines, onEach } from '#tests/backends'
import { PASSWORD, startTestApp, type TestApp } from '#tests/test-app'

const MINUTE_MS = 60_000

onEach(engines, 'the lock against guessing', (backend) => {
  let karya: TestApp

  before(async () => {
    karya = await startTestApp(backend)
  })
  after(async () => await karya.stop())

  async function signIn(email: string, password: string, from = '10.1.1.1') {
    return await karya.ask('POST', '/api/v1/auth/login', { body: { email, password }, from })
  }

  async function fail(email: string, times: number, from?: string): Promise<void> {
    for (let time = 0; time < times; time += 1) {
      assert.equal((await signIn(email, `wrong guess ${time}`, from)).status, 401, `guess ${time}`)
    }
  }

  it('I2 locks the pair of account and address for 15 minutes after ten failures', async () => {
    const { email } = await karya.enrol()
    await fail(email, 10)
    const { status, body, headers } = await signIn(email, PASSWORD)
    assert.deepEqual([status, body.code], [429, 'too_many_failures'])
    const seconds = Number(headers['retry-after'])
    assert.ok(seconds > 800 && seconds <= 900, String(seconds))
    assert.equal((await signIn(email.toUpperCase(), PASSWORD)).status, 429, 'in other letters')
    assert.equal((await signIn(email, PASSWORD, '10.1.1.2')).status, 200, 'from another address')
    assert.equal((await signIn('other@karya.test', PASSWORD)).status, 401, 'another account')

    karya.clock.advance(14 * MINUTE_MS)
    assert.equal((await signIn(email, PASSWORD)).status, 429, 'after 14 minutes')
    karya.clock.advance(MINUTE_MS + 1_000)
    assert.equal((await signIn(email, PASSWORD)).status, 200, 'after 15 minutes')
  })

  it('I2 takes all addresses of one IPv6 network for one', async () => {
    const { email } = await karya.enrol()
    for (let guess = 0; guess < 10; guess += 1) await fail(email, 1, `2001:db8::${guess + 1}`)
    assert.equal((await signIn(email, PASSWORD, '2001:db8:0:0:ffff::1')).status, 429)
    assert.equal((await signIn(email, PASSWORD, '2001:db8:0:1::1')).status, 200, 'from another network')
  })

  it('I2 locks an account that does not exist in the same way', async () => {
    await fail('ghost@karya.test', 10)
    assert.equal((await signIn('ghost@karya.test', PASSWORD)).status, 429)
  })

  it('I2 starts counting again after a sign-in that succeeds', async () => {
    const { email } = await karya.enrol()
    await fail(email, 9)
    assert.equal((await signIn(email, PASSWORD)).status, 200)
    await fail(email, 9)
    assert.equal((await signIn(email, PASSWORD)).status, 200)
  })

  it('I2 forgets failures older than 15 minutes', async () => {
    const { email } = await karya.enrol()
    await fail(email, 9)
    karya.clock.advance(15 * MINUTE_MS + 1_000)
    await fail(email, 9)
    assert.equal((await signIn(email, PASSWORD)).status, 200)
  })

  it('I2 starts with ten new tries after a lock', async () => {
    const { email } = await karya.enrol()
    await fail(email, 10)
    karya.clock.advance(15 * MINUTE_MS + 1_000)
    await fail(email, 10)
    assert.equal((await signIn(email, PASSWORD)).status, 429)
  })

  it('I2 evaluates at most ten of fifty guesses that come at once', async () => {
    const { email } = await karya.enrol()
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => signIn(email, `wrong guess ${index}`)),
    )
    const tally = (wanted: number) => answers.filter(({ status }) => status === wanted).length
    assert.deepEqual([tally(401), tally(429)], [10, 40])
  })

  it('I2 does not count an account twice because it has two names', async () => {
    const { token, email } = await karya.enrol()
    const username = `u${email.slice(9, 19)}`
    const { status } = await karya.ask('PUT', '/api/v1/users/profile', { token, body: { username } })
    assert.equal(status, 200)
    await fail(email, 10)
    const by = await karya.ask('POST', '/api/v1/auth/login', {
      body: { username, password: PASSWORD },
      from: '10.1.1.1',
    })
    assert.equal(by.status, 429)
  })
})
