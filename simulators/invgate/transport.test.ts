import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ask, basic } from './ask.ts'
import { NEW_INCIDENT, startScene } from './scene.ts'
import { allScopes } from './service-management.ts'

describe('D9 the way in of the simulated InvGate', () => {
  it('answers an unknown endpoint before it asks who is there', async () => {
    await using scene = await startScene()
    const { status, json } = await scene.get('incident.by.customer', '', { authorization: null })
    assert.equal(status, 404)
    assert.deepEqual(json, { error: 'Not found', status: 404 })
    assert.equal((await scene.get('constructor')).status, 404)
    assert.equal((await scene.get('sd.version/')).status, 200)
  })

  it('challenges who has no or a wrong password, with JSON or a page', async () => {
    await using scene = await startScene()
    for (const authorization of [null, basic('api', 'wrong'), basic('x', 'sim-password'), 'Bearer x']) {
      const { status, headers, json } = await scene.get('sd.version', '', { authorization })
      assert.equal(status, 401)
      assert.match(headers.get('www-authenticate') ?? '', /^Basic realm="API", Digest/)
      assert.deepEqual(json, { error: 'Unauthorized', status: 401 })
    }
    await using page = await startScene({ hasHtmlSignIn: true })
    const { status, headers, text } = await page.get('sd.version', '', { authorization: null })
    assert.equal(status, 401)
    assert.match(headers.get('content-type') ?? '', /text\/html/)
    assert.match(text, /<!DOCTYPE html>/)
  })

  it('knows the methods of each endpoint: no incident is made by the plural, none is deleted', async () => {
    await using scene = await startScene()
    assert.equal((await scene.post('incidents', NEW_INCIDENT)).status, 405)
    assert.equal((await scene.ask('incident', 'DELETE')).status, 405)
    assert.deepEqual(scene.sim.store.incidents(), [])
  })

  it('takes parameters from the query, a form, parts and JSON alike', async () => {
    await using scene = await startScene()
    const multipart = new FormData()
    for (const [name, value] of Object.entries(NEW_INCIDENT)) multipart.append(name, value)
    const query = `?${new URLSearchParams(NEW_INCIDENT).toString()}`
    for (const asking of [{ query }, { form: NEW_INCIDENT }, { multipart }, { json: NEW_INCIDENT }]) {
      const { status, json } = await scene.ask('incident', 'POST', asking)
      assert.equal(status, 200)
      assert.equal(Reflect.get(Object(json), 'status'), 'OK')
    }
    const titles = scene.sim.store.incidents().map(({ title }) => title)
    assert.deepEqual(titles, Array(4).fill('Printer down'))
  })

  it('names what is missing with 428 in the language of the instance', async () => {
    await using scene = await startScene()
    const { title: _, ...untitled } = NEW_INCIDENT
    const missing = await scene.post('incident', untitled)
    assert.equal(missing.status, 428)
    assert.deepEqual(missing.json, { error: "The parameter 'title' is required.", status: 428 })
    assert.equal((await scene.post('incident', { ...NEW_INCIDENT, type_id: 'x' })).status, 428)
    await using spanish = await startScene({ language: 'es' })
    assert.match((await spanish.get('incident')).text, /es requerido/)
  })

  it('keeps to its limit of requests a second', async () => {
    await using scene = await startScene({ ratePerSecond: 2 })
    const asked = await Promise.all(Array.from({ length: 6 }, async () => await scene.get('sd.version')))
    const late = asked.filter(({ status }) => status === 429)
    assert.ok(late.length >= 2, `only ${late.length} were too many`)
    assert.equal(late[0]?.headers.get('retry-after'), '1')
    assert.deepEqual(late[0]?.json, { error: 'Too many requests', status: 429 })
    await using bare = await startScene({ ratePerSecond: 1, hasRetryAfter: false })
    const [, second] = [await bare.get('sd.version'), await bare.get('sd.version')]
    assert.equal(second.headers.get('retry-after'), null)
  })
})

describe('D9 tokens of the simulated InvGate', () => {
  const client = {
    grant_type: 'client_credentials',
    client_id: 'api',
    client_secret: 'sim-password',
  }

  it('binds a token to the scopes that were asked for', async () => {
    await using scene = await startScene({ hasOauth: true })
    const issue = async (scope: Record<string, string>): Promise<string> => {
      const { status, json } = await oauth(scene.sim.rootUrl, { ...client, ...scope })
      assert.equal(status, 200)
      assert.equal(Reflect.get(Object(json), 'expires_in'), 3_600)
      return `Bearer ${String(Reflect.get(Object(json), 'access_token'))}`
    }
    const whole = await issue({ scope: allScopes.join(' ') })
    assert.equal((await scene.get('sd.version', '', { authorization: whole })).status, 200)
    const narrow = await issue({ scope: 'api.v1.incident:post' })
    assert.equal((await scene.get('sd.version', '', { authorization: narrow })).status, 403)
    const posted = await scene.ask('incident', 'POST', { form: NEW_INCIDENT, authorization: narrow })
    assert.equal(posted.status, 200)
    const none = await issue({})
    const { status, json } = await scene.get('sd.version', '', { authorization: none })
    assert.equal(status, 403)
    assert.deepEqual(json, { error: 'Forbidden', status: 403 })
    scene.sim.revokeTokens()
    assert.equal((await scene.get('sd.version', '', { authorization: whole })).status, 401)
  })

  it('refuses a wrong secret, and knows no tokens at all unless they are switched on', async () => {
    await using scene = await startScene({ hasOauth: true })
    const wrong = await oauth(scene.sim.rootUrl, { ...client, client_secret: 'x' })
    assert.equal(wrong.status, 401)
    assert.equal(Reflect.get(Object(wrong.json), 'error'), 'invalid_client')
    assert.doesNotMatch(JSON.stringify(scene.sim.journal.entries), /sim-password/)
    await using off = await startScene()
    assert.equal((await oauth(off.sim.rootUrl, client)).status, 404)
  })

  it('lets a token end', async () => {
    let at = Date.UTC(2026, 0, 1)
    await using scene = await startScene({ hasOauth: true, now: () => new Date(at) })
    const { json } = await oauth(scene.sim.rootUrl, { ...client, scope: 'api.v1.sd.version:get' })
    const authorization = `Bearer ${String(Reflect.get(Object(json), 'access_token'))}`
    assert.equal((await scene.get('sd.version', '', { authorization })).status, 200)
    at += 3_600_001
    assert.equal((await scene.get('sd.version', '', { authorization })).status, 401)
  })
})

async function oauth(
  rootUrl: string,
  form: Readonly<Record<string, string>>,
): Promise<{ status: number; json: unknown }> {
  return await ask(`${rootUrl}/oauth/v2.0/access_token`, 'POST', { form, authorization: null })
}
