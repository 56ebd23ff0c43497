import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { it } from 'node:test'
import { startInvgateSimulator } from '#simulators/invgate'
import { engines, onEach } from '#tests/backends'
import { startTestApp } from '#tests/test-app'
import { insertTroubled } from '#tests/troubled-event'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

async function doctor(environment: Readonly<Record<string, string>>): Promise<Ran> {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment }
  return await new Promise((resolve) => {
    execFile(process.execPath, ['server/main.ts', 'doctor'], { env }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

onEach(engines, 'karya doctor', (backend) => {
  it('F16 says what it found of every part, and fails when one is out of reach', async () => {
    const place = await backend.create()
    const sim = await startInvgateSimulator()
    const app = await startTestApp({ ...backend, create: async () => ({ ...place, remove: async () => {} }) })
    try {
      const environment = {
        ...place.environment,
        INVGATE_BASE_URL: sim.url,
        INVGATE_USERNAME: 'api',
        INVGATE_PASSWORD: 'sim-password',
        INVGATE_ALLOW_PRIVATE: 'true',
      }
      const well = await doctor(environment)
      assert.equal(well.code, 0, well.out + well.err)
      assert.match(well.out, /^database {3}ok {4}\w+, up to date$/m)
      assert.match(well.out, /^events {5}ok {4}position \d+, \d+ without a position, 0 parked$/m)
      assert.match(well.out, /^deliveries ok {4}for InvGate 0 pending, 0 uncertain, 0 failed$/m)
      assert.match(well.out, /^mail {7}off /m)
      assert.match(well.out, /^tokens {5}ok {4}signed here, with the secret of this data folder/m)
      const tasks = await doctor({ ...place.environment, KARYA_MODULES: 'tasks' })
      assert.match(tasks.out, /^tokens {5}look {2}signed where identity runs, and refused/m)
      assert.doesNotMatch(tasks.out, /InvGate [0-9]/)
      assert.match(well.out, /^invgate {4}ok {4}127\.0\.0\.1:\d+, sync$/m)

      await insertTroubled(app)
      await sim.goDown()
      const ill = await doctor({ ...environment, SMTP_URL: 'smtp://127.0.0.1:1' })
      assert.equal(ill.code, 1)
      assert.match(ill.out, /^events {5}look {2}.*1 parked$/m)
      assert.match(ill.out, /^mail {7}down /m)
      assert.match(ill.out, /^invgate {4}down {2}no connection/m)
      assert.doesNotMatch(ill.out + ill.err, /sim-password/)
    } finally {
      await app.stop()
      await place.remove()
      await sim.stop()
    }
  })
})
