import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createFaults, type Fault } from './faults.ts'
import { NEW_INCIDENT, startScene } from './scene.ts'

const COMMITS = { endpoint: 'incident', method: 'POST' }

describe('D9 the faults of the simulated InvGate', () => {
  it('answers with a status so many times, with and without a time to wait', async () => {
    await using scene = await startScene()
    scene.sim.faults.add(
      { mode: 'status', status: 429, retryAfter: 7 },
      { mode: 'status', status: 503, times: 2 },
    )
    const asked = [
      await scene.get('sd.version'),
      await scene.get('sd.version'),
      await scene.get('sd.version'),
    ]
    assert.deepEqual(
      asked.map(({ status, headers }) => [status, headers.get('retry-after')]),
      [
        [429, '7'],
        [503, null],
        [503, null],
      ],
    )
    assert.equal((await scene.get('sd.version')).status, 200)
  })

  it('strikes only the endpoint and the method that are named', async () => {
    await using scene = await startScene()
    scene.sim.faults.add({ mode: 'status', times: null, ...COMMITS })
    assert.equal((await scene.get('sd.version')).status, 200)
    assert.equal((await scene.get('incident', '?id=1')).status, 404)
    assert.equal((await scene.post('incident', NEW_INCIDENT)).status, 503)
    assert.equal((await scene.post('incident', NEW_INCIDENT)).status, 503)
    scene.sim.faults.clear()
    assert.equal((await scene.post('incident', NEW_INCIDENT)).status, 200)
  })

  it('breaks the connection before or after the work is done', async () => {
    await using scene = await startScene()
    const made = (): number => scene.sim.store.incidents().length
    scene.sim.faults.add({ mode: 'reset_before', ...COMMITS }, { mode: 'reset_after_commit', ...COMMITS })
    await assert.rejects(scene.post('incident', NEW_INCIDENT))
    assert.equal(made(), 0)
    await assert.rejects(scene.post('incident', NEW_INCIDENT))
    assert.equal(made(), 1)
    assert.deepEqual(
      scene.sim.journal.of('incident', 'POST').map(({ status }) => status),
      [null, null],
    )
  })

  it('hangs with the work done or not', async () => {
    await using scene = await startScene()
    const modes: Fault['mode'][] = ['hang', 'hang_after_commit']
    for (const [index, mode] of modes.entries()) {
      scene.sim.faults.add({ mode, ...COMMITS })
      const hanging = scene.ask('incident', 'POST', { form: NEW_INCIDENT, timeoutMs: 300 })
      await assert.rejects(hanging, { name: 'TimeoutError' })
      assert.equal(scene.sim.store.incidents().length, index)
    }
  })

  it('answers late, by a page, by half, by a failure under 200, and without an id', async () => {
    await using scene = await startScene()
    const strike = async (fault: Fault): Promise<{ status: number; text: string; json: unknown }> => {
      scene.sim.faults.add(fault)
      return await scene.post('incident', NEW_INCIDENT)
    }
    const startedAt = performance.now()
    assert.equal((await strike({ mode: 'delay', delayMs: 150 })).status, 200)
    assert.ok(performance.now() - startedAt >= 140)
    const page = await strike({ mode: 'html', status: 502 })
    assert.deepEqual([page.status, page.text.startsWith('<!DOCTYPE html>')], [502, true])
    const half = await strike({ mode: 'truncate' })
    assert.deepEqual([half.status, half.json], [200, undefined])
    const failure = await strike({ mode: 'error200' })
    assert.deepEqual([failure.status, Object(failure.json).status], [200, 'ERROR'])
    const nameless = await strike({ mode: 'no_id' })
    assert.deepEqual(nameless.json, { status: 'OK', info: 'The request was created.' })
    assert.equal((await strike({ mode: 'status_after_commit', status: 500 })).status, 500)
    // Late, half, without an id and 500 have done their work.
    assert.equal(scene.sim.store.incidents().length, 4)
  })

  it('strikes about the share that is named, and the same ones each time', () => {
    const strikes = (): boolean[] => {
      const faults = createFaults({ seed: 42 })
      faults.add({ mode: 'reset_after_commit', share: 0.3, times: null })
      return Array.from(
        { length: 1_000 },
        () => faults.take({ endpoint: 'incident', method: 'POST' }) !== null,
      )
    }
    const count = strikes().filter(Boolean).length
    assert.ok(count > 250 && count < 350, `${count} of 1000`)
    assert.deepEqual(strikes(), strikes())
  })

  it('goes away and comes back with all it knows', async () => {
    await using scene = await startScene()
    await scene.post('incident', NEW_INCIDENT)
    await scene.sim.goDown()
    await assert.rejects(scene.get('incident', '?id=1'))
    await scene.sim.comeBack()
    assert.equal((await scene.get('incident', '?id=1')).status, 200)
  })
})

describe('D9 the switches of the simulated InvGate for another process', () => {
  it('sets faults, and tells what is wrong with one', async () => {
    await using scene = await startScene()
    const fault = { mode: 'status', endpoint: 'sd.version', status: 500, times: null, retry_after: 3 }
    assert.equal((await scene.control('POST', 'faults', [fault])).status, 200)
    const { status, headers } = await scene.get('sd.version')
    assert.deepEqual([status, headers.get('retry-after')], [500, '3'])
    await scene.control('DELETE', 'faults')
    assert.equal((await scene.get('sd.version')).status, 200)
    assert.equal((await scene.control('POST', 'faults', { mode: 'fire' })).status, 400)
    assert.equal((await scene.control('GET', 'nothing')).status, 404)
  })

  it('shows the journal with secrets masked', async () => {
    await using scene = await startScene()
    await scene.post('user', { name: 'B', lastname: 'S', email: 'b@example.test', pass: 'geheim' })
    const { json } = await scene.control('GET', 'requests')
    const { at, ...entry } = Object(json)[0]
    assert.equal(at, '2025-11-21T01:53:20.000Z')
    assert.deepEqual(entry, {
      method: 'POST',
      endpoint: 'user',
      parameters: { name: 'B', lastname: 'S', email: 'b@example.test', pass: '***' },
      files: [],
      contentType: 'application/x-www-form-urlencoded',
      user: 'api',
      status: 200,
    })
    await scene.control('DELETE', 'requests')
    assert.deepEqual((await scene.control('GET', 'requests')).json, [])
  })

  it('works as an agent does', async () => {
    await using scene = await startScene()
    await scene.control('POST', 'seed', {
      users: [{ id: 77, email: 'b@example.test' }],
      incidents: [{ id: 500, title: 'Seeded', user_id: 77 }],
    })
    assert.equal(Object((await scene.control('GET', 'users')).json).at(-1).id, 77)
    await scene.control('POST', 'incidents/500/comment', { message: '<p>Hi</p>', customer_visible: false })
    await scene.control('POST', 'incidents/500/solution', { message: '<p>New toner</p>' })
    const { json } = await scene.control('GET', 'incidents')
    const { status_id: solved, comments } = Object(json)[0]
    assert.equal(solved, 5)
    assert.deepEqual(
      comments.map((each: Record<string, unknown>) => [each['customer_visible'], each['is_solution']]),
      [
        [false, false],
        [true, true],
      ],
    )
    await scene.control('POST', 'incidents/500/status', { status_id: 6 })
    assert.equal(scene.sim.store.findIncident(500)?.status_id, 6)
    assert.equal((await scene.control('POST', 'incidents/9/status', { status_id: 6 })).status, 404)
    await scene.control('POST', 'reset')
    assert.deepEqual((await scene.control('GET', 'incidents')).json, [])
  })

  it('is away for as long as it is told', async () => {
    await using scene = await startScene()
    await scene.control('POST', 'outage', { duration_ms: 300 })
    const deadline = Date.now() + 10_000
    let wasAway = false
    for (;;) {
      const isThere = await scene.get('sd.version').then(
        ({ status }) => status === 200,
        () => false,
      )
      wasAway ||= !isThere
      if (wasAway && isThere) break
      assert.ok(Date.now() < deadline, `was it away? ${wasAway}; is it back? ${isThere}`)
      await sleep(20)
    }
  })
})
