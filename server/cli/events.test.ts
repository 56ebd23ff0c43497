import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, it } from 'node:test'
import { type Backend, engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { startTestApp, type TestApp } from '#tests/test-app'
import { insertTroubled } from '#tests/troubled-event'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

onEach(engines, 'events on the command line', (backend) => {
  let app: TestApp
  let environment: Readonly<Record<string, string>> = {}
  before(async () => {
    const create: Backend['create'] = async () => {
      const place = await backend.create()
      environment = place.environment
      return place
    }
    app = await startTestApp({ ...backend, create })
  })
  after(async () => await app.stop())

  async function karya(...args: string[]): Promise<Ran> {
    const env = { PATH: process.env['PATH'], NODE_ENV: 'test', ...environment }
    return await new Promise((resolve) => {
      execFile(process.execPath, ['server/main.ts', 'events', ...args], { env }, (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code), out, err })
      })
    })
  }

  it('E1 says how far the log, the reader and every consumer have got, while the server runs', async () => {
    await app.ask('POST', '/api/v1/categories', { token: app.administrator.token, body: { name: 'Kopi' } })
    await insertTroubled(app, { consumer: 'a.first', parkedAt: null })
    await insertTroubled(app, { consumer: 'a.first' })
    await app.db.insertInto('event_publishers').values({ carrier: 'toy', store: 'x', position: 1 }).execute()
    const { out } = await eventually(
      async () => await karya(),
      (ran) => /^log {8}position [1-9]\d*; 0 without a position$/m.test(ran.out),
    )
    assert.match(out, /^lease {6}\S+ until \S+Z \(term \d+\)$/m)
    assert.match(out, /^publisher {2}toy: position 1, \d+ behind$/m)
    assert.match(out, /^reader {5}log: (\d+|at the beginning)$/m)
    assert.match(out, /^consumer {3}a\.first: 1 waiting, 1 parked$/m)
    assert.equal((await karya('status')).code, 0)
  })

  it('E1 lists what is parked, and has it tried again', async () => {
    await app.db.deleteFrom('inbox').where('handled_at', 'is', null).execute()
    assert.equal((await karya('parked')).out, 'No event is parked.\n')
    const { id } = await insertTroubled(app, { consumer: 'a.first' })
    const { out } = await karya('parked')
    assert.match(out, new RegExp(`^${id}  a\\.first  thing\\.broken thing/1$`, 'm'))
    assert.match(out, /^ {2}parked \S+Z after 10 tries: Error: it broke$/m)

    const wrong = await karya('replay', id, '--consumer', 'b.second')
    assert.equal(wrong.code, 1)
    assert.match(wrong.err, /No consumer has parked this event/)
    const replayed = await karya('replay', id, '--consumer', 'a.first')
    assert.deepEqual([replayed.code, replayed.out], [0, `Waiting to be tried again: ${id} at a.first.\n`])
    assert.equal((await karya('parked')).out, 'No event is parked.\n')
    assert.equal((await karya('replay', id)).code, 1)
  })

  it('refuses what it does not understand', async () => {
    for (const args of [['x'], ['replay'], ['replay', 'x'], ['parked', 'x'], ['--consumer', 'a'], ['--no']]) {
      const { code, out } = await karya(...args)
      assert.equal(code, 1, args.join(' '))
      assert.equal(out, '')
    }
  })
})
