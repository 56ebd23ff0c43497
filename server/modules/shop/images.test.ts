import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { backends, engines, onEach } from '#tests/backends'
import { eventually } from '#tests/event-place'
import { type FakeS3, startFakeS3 } from '#tests/fake-s3'
import { formOf, samples, strangers } from '#tests/file-samples'
import type { Person } from '#tests/test-app'
import { NOBODYS_ID, startTestShop, type TestShop } from './test-shop.ts'

const png = samples['image/png']
const FIVE_MIB = 5 * 1_024 * 1_024
const HOUR_MS = 3_600_000

type Sent = {
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Buffer
  readonly query?: string
  readonly caller?: { readonly token?: string }
}

/** What the product's routes answer to a file. */
function createSender(shop: TestShop) {
  return async function send(productId: string, { headers, body, query = '', caller }: Sent) {
    const { token } = caller ?? shop.administrator
    const response = await shop.app.http.inject({
      method: 'POST',
      url: `/api/v1/products/${productId}/images${query}`,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      ...(body === undefined ? {} : { payload: body }),
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      text: response.body,
      body: response.json(),
    }
  }
}

const raw = (content: Buffer, type = 'image/png'): Sent => ({
  headers: { 'content-type': type },
  body: content,
})

onEach(engines, 'images of products', (backend) => {
  let shop: TestShop
  let send: ReturnType<typeof createSender>
  let dataDirectory = ''
  before(async () => {
    const create = async () => {
      const place = await backend.create()
      dataDirectory = place.environment['DATA_DIR'] ?? ''
      return place
    }
    shop = await startTestShop({ ...backend, create })
    send = createSender(shop)
  })
  after(async () => await shop.stop())

  async function read(url: string, headers: Record<string, string> = {}) {
    return await shop.app.http.inject({ method: 'GET', url, headers })
  }
  async function imagesOf(id: string): Promise<string[]> {
    const { body } = await shop.ask('GET', `/api/v1/products/${id}`)
    return body.images.map((image: { id: string }) => image.id)
  }
  async function storedFiles(): Promise<string[]> {
    const names = await readdir(join(dataDirectory, 'files'), { recursive: true }).catch(() => [])
    return names.filter((name) => name.includes('/'))
  }
  const countRows = async () => (await shop.db.selectFrom('files').select('id').execute()).length

  it('S1 takes each type of image, alone or in a form, and gives back the very bytes to everybody', async () => {
    const { id } = await shop.stockUp()
    for (const type of ['image/png', 'image/jpeg', 'image/webp', 'image/gif'] as const) {
      const content = samples[type]
      for (const sent of [
        { ...raw(content, type), query: '?filename=foto%20kopi.x' },
        raw(content, 'application/octet-stream'),
        formOf({ filename: 'foto kopi.x', content }, { name: 'note', content: 'yang depan' }),
      ]) {
        const made = await send(id, sent)
        assert.equal(made.status, 201, made.text)
        const sha256 = createHash('sha256').update(content).digest('hex')
        const { id: fileId, url, name, ...rest } = made.body
        assert.deepEqual(rest, { type, bytes: content.length, sha256 })
        assert.ok(['foto kopi.x', 'file'].includes(name))
        assert.deepEqual([url, made.headers['location']], [`/api/v1/files/${fileId}`, url])

        const got = await read(url)
        assert.equal(got.statusCode, 200)
        assert.deepEqual(got.rawPayload, content)
        assert.equal(got.headers['content-type'], type)
        assert.equal(got.headers['etag'], `"${sha256}"`)
        assert.equal(got.headers['cache-control'], 'public, max-age=31536000, immutable')
        assert.equal(got.headers['x-content-type-options'], 'nosniff')
        assert.match(String(got.headers['content-security-policy']), /sandbox/)
        assert.match(String(got.headers['content-disposition']), /^inline; filename="/)
        assert.equal((await read(url, { 'if-none-match': `"${sha256}"` })).statusCode, 304)
      }
    }
    assert.equal((await imagesOf(id)).length, 12)
  })

  it('S1 takes a file in a form without a name of its own', async () => {
    const { id } = await shop.stockUp()
    const head =
      '--b\r\ncontent-disposition: form-data; name="file"\r\ncontent-type: application/octet-stream'
    const made = await send(id, {
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
      body: Buffer.concat([Buffer.from(`${head}\r\n\r\n`), png, Buffer.from('\r\n--b--\r\n')]),
    })
    assert.deepEqual([made.status, made.body.name, made.body.type], [201, 'file', 'image/png'], made.text)
  })

  it('S1 shows the images in their order with the product, in lists and in its events', async () => {
    const { id, version } = await shop.stockUp()
    const [a, b, c] = [await send(id, raw(png)), await send(id, raw(png)), await send(id, raw(png))]
    const ids: string[] = [a.body.id, b.body.id, c.body.id]
    assert.deepEqual(await imagesOf(id), ids)
    const { body } = await shop.ask('GET', `/api/v1/products/${id}`)
    assert.equal(body.version, version + 3)
    assert.deepEqual(body.images[0], { id: ids[0], url: `/api/v1/files/${ids[0]}` })
    const events = await shop.eventsOf(`product/${id}`)
    assert.deepEqual(events.at(-1)?.data, body)

    const path = `/api/v1/products/${id}/images`
    const { token } = shop.administrator
    const turned = ids.toReversed()
    const ordered = await shop.ask('PUT', path, { token, body: { image_ids: turned } })
    assert.equal(ordered.status, 200, ordered.text)
    assert.deepEqual(await imagesOf(id), turned)
    const { body: page } = await shop.ask('GET', '/api/v1/products?limit=1')
    assert.deepEqual(page.data[0].images, ordered.body.images)

    for (const other of [ids.slice(1), [...ids, NOBODYS_ID], [ids[0], ids[1], NOBODYS_ID], []]) {
      const refused = await shop.ask('PUT', path, { token, body: { image_ids: other } })
      assert.deepEqual([refused.status, refused.body.code], [409, 'other_images'], refused.text)
      assert.deepEqual(refused.body.image_ids, turned)
    }
    const twice = await shop.ask('PUT', path, { token, body: { image_ids: [ids[0], ids[0], ids[1]] } })
    assert.equal(twice.status, 400)
    const change = { price: 17 }
    await shop.ask('PUT', `/api/v1/products/${id}`, { token, body: change })
    assert.deepEqual(await imagesOf(id), turned)
  })

  it('S1 removes an image, and at once shows its file to nobody', async () => {
    const { id } = await shop.stockUp()
    const [kept, removed] = [await send(id, raw(png)), await send(id, raw(png))]
    const { token } = shop.administrator
    const url = `/api/v1/products/${id}/images/${removed.body.id}`
    assert.equal((await shop.ask('DELETE', url, { token, headers: { 'if-match': '"1"' } })).status, 412)
    assert.equal((await shop.ask('DELETE', url, { token })).status, 204)
    assert.deepEqual(await imagesOf(id), [kept.body.id])
    assert.equal((await read(removed.body.url)).statusCode, 404)
    const again = await shop.ask('DELETE', url, { token })
    assert.deepEqual([again.status, again.body.code], [404, 'image_not_found'])
    const others = `/api/v1/products/${NOBODYS_ID}/images/${kept.body.id}`
    assert.equal((await shop.ask('DELETE', others, { token })).status, 404)
    assert.equal((await read(kept.body.url)).statusCode, 200)
  })

  it('S1 removes the images of a product that is deleted', async () => {
    const { id } = await shop.stockUp()
    const { body } = await send(id, raw(png))
    await shop.ask('DELETE', `/api/v1/products/${id}`, { token: shop.administrator.token })
    assert.equal((await read(body.url)).statusCode, 404)
    assert.equal((await send(id, raw(png))).status, 404)
  })

  it('C4 refuses with 415 what is no image, whatever it is called or said to be, and stores nothing', async () => {
    const { id } = await shop.stockUp()
    const [rows, files] = [await countRows(), (await storedFiles()).length]
    for (const [what, content] of Object.entries({ ...strangers, 'a PDF': samples['application/pdf'] })) {
      for (const sent of [
        { ...raw(content), query: '?filename=foto.png' },
        formOf({ filename: 'foto.png', content }),
      ]) {
        const answer = await send(id, sent)
        assert.deepEqual([answer.status, answer.body.code], [415, 'unsupported_file'], what)
      }
    }
    for (const type of ['image/svg+xml', 'text/html', 'application/x-msdownload', 'application/json']) {
      const answer = await send(id, raw(type === 'application/json' ? Buffer.from('{}') : png, type))
      assert.equal(answer.status, 415, type)
    }
    assert.deepEqual([await countRows(), (await storedFiles()).length], [rows, files])
    assert.deepEqual(await imagesOf(id), [])
  })

  it('C4 takes 5 MiB and refuses more with 413, in whatever way it comes', async () => {
    const { id } = await shop.stockUp()
    const largest = Buffer.concat([png, Buffer.alloc(FIVE_MIB - png.length)])
    for (const sent of [raw(largest), formOf({ filename: 'a.png', content: largest })]) {
      const answer = await send(id, sent)
      assert.equal(answer.status, 201, answer.text)
      assert.deepEqual((await read(answer.body.url)).rawPayload.equals(largest), true)
    }
    const rows = await countRows()
    for (const size of [FIVE_MIB + 1, 4 * FIVE_MIB]) {
      const content = Buffer.concat([png, Buffer.alloc(size - png.length)])
      for (const sent of [raw(content), formOf({ filename: 'a.png', content })]) {
        assert.equal((await send(id, sent)).status, 413)
      }
    }
    assert.equal(await countRows(), rows)
  })

  it('C4 refuses what has no file, an empty one, several, or no end', async () => {
    const { id } = await shop.stockUp()
    const whole = formOf({ filename: 'a.png', content: png })
    const wrong: [string, Sent, string][] = [
      ['nothing', { headers: {} }, 'file_missing'],
      ['an empty body', raw(Buffer.of()), 'file_missing'],
      ['an empty file', formOf({ filename: 'a.png', content: '' }), 'file_missing'],
      ['a form without a file', formOf({ name: 'a', content: 'b' }), 'file_missing'],
      [
        'two files',
        formOf({ filename: 'a.png', content: png }, { filename: 'b.png', content: png }),
        'one_file_only',
      ],
      ['half a form', { ...whole, body: whole.body.subarray(0, -20) }, 'bad_request'],
      [
        'a form without a boundary',
        { ...whole, headers: { 'content-type': 'multipart/form-data' } },
        'bad_request',
      ],
      [
        'a form with many fields',
        formOf(...Array.from({ length: 50 }, () => ({ name: 'a', content: 'b' }))),
        'bad_request',
      ],
      ['an unknown parameter', { ...raw(png), query: '?name=a' }, 'invalid_input'],
    ]
    for (const [what, sent, code] of wrong) {
      const answer = await send(id, sent)
      assert.deepEqual([answer.status, answer.body.code], [400, code], `${what}: ${answer.text}`)
    }
    assert.deepEqual(await imagesOf(id), [])
  })

  it('C4 finds no harm in a path or a header in the name of a file', async () => {
    const { id } = await shop.stockUp()
    const names: [string, string][] = [
      ['../../../../tmp/evil.png', 'evil.png'],
      ['..\\..\\evil.png', 'evil.png'],
      ['/etc/passwd', 'passwd'],
      ['a\r\nset-cookie: a=b', 'aset-cookie: a=b'],
      ['..', 'file'],
    ]
    for (const [given, name] of names) {
      const sent = { ...raw(png), query: `?filename=${encodeURIComponent(given)}` }
      const answer = await send(id, sent)
      assert.deepEqual([answer.status, answer.body.name], [201, name], answer.text)
      const got = await read(answer.body.url)
      assert.equal(got.headers['set-cookie'], undefined)
      const form = await send(id, formOf({ filename: given.replaceAll(/[\r\n]/g, ''), content: png }))
      assert.equal(form.status, 201, form.text)
    }
    for (const stored of await storedFiles()) {
      assert.match(stored, /^[\da-f]{2}[/\\][\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
    }
  })

  it('S1 keeps twenty images of a product at most, also when more come at once', async () => {
    const { id } = await shop.stockUp()
    for (let index = 0; index < 12; index += 1) await send(id, raw(png))
    const answers = await Promise.all(Array.from({ length: 12 }, () => send(id, raw(png))))
    const statuses = answers.map(({ status }) => status).toSorted()
    assert.deepEqual(statuses, [...Array(8).fill(201), ...Array(4).fill(409)])
    const ids = await imagesOf(id)
    assert.equal(new Set(ids).size, 20)
    for (const fileId of ids) assert.equal((await read(`/api/v1/files/${fileId}`)).statusCode, 200)
  })

  it('C6 stores a file once for the same key, and refuses another file with it', async () => {
    const { id } = await shop.stockUp()
    const headers = { 'idempotency-key': `gambar-${backend.engine}` }
    const ask = async (sent: Sent) => await send(id, { ...sent, headers: { ...sent.headers, ...headers } })
    const first = await ask(raw(png))
    assert.equal(first.status, 201, first.text)
    const rows = await countRows()
    const again = await ask(raw(png))
    assert.deepEqual([again.text, again.headers['idempotent-replayed']], [first.text, 'true'])
    assert.equal((await ask(raw(samples['image/gif']))).status, 422)
    assert.equal(await countRows(), rows)
    assert.deepEqual(await imagesOf(id), [first.body.id])
  })

  it('F11 lets admins and production managers change images, and nobody else', async () => {
    const { id } = await shop.stockUp()
    const roles = ['admin', 'production_manager', 'agent', 'operator', 'customer']
    const callers: (Person | Record<string, never>)[] = [...(await Promise.all(roles.map(shop.enrol))), {}]
    const statuses: number[][] = []
    for (const caller of callers) {
      const added = await send(id, { ...raw(png), caller })
      const path = `/api/v1/products/${id}/images`
      const ordered = await shop.ask('PUT', path, { ...caller, body: { image_ids: [] } })
      const removed = await shop.ask('DELETE', `${path}/${NOBODYS_ID}`, caller)
      statuses.push([added.status, ordered.status, removed.status])
    }
    assert.deepEqual(statuses, [
      [201, 409, 404],
      [201, 409, 404],
      [403, 403, 403],
      [403, 403, 403],
      [403, 403, 403],
      [401, 401, 401],
    ])
  })

  // The last one, for no token lasts as long as the clock is set forward.
  it('S1 removes from the store what was removed, and what no product came to name, and nothing else', async () => {
    const { id } = await shop.stockUp()
    const [kept, removed] = [await send(id, raw(png)), await send(id, raw(png))]
    const { token } = shop.administrator
    await shop.ask('DELETE', `/api/v1/products/${id}/images/${removed.body.id}`, { token })
    const forgotten = '01890000-0000-7000-8000-00000000abcd'
    await shop.db
      .insertInto('files')
      .values({
        id: forgotten,
        purpose: 'product_image',
        owner_id: shop.administrator.id,
        name: 'a',
        type: 'image/png',
        bytes: 1,
        sha256: '0',
        created_at: shop.clock.now(),
      })
      .execute()
    assert.equal((await read(`/api/v1/files/${forgotten}`)).statusCode, 404)
    const isStored = async (fileId: string) => (await storedFiles()).some((name) => name.endsWith(fileId))
    const rowsOf = async (...ids: string[]) =>
      (await shop.db.selectFrom('files').select('id').where('id', 'in', ids).execute()).map((row) => row.id)

    assert.ok(await isStored(removed.body.id))
    shop.clock.advance(HOUR_MS / 4)
    await eventually(
      async () => [await isStored(removed.body.id), await rowsOf(removed.body.id, forgotten)],
      ([stored, rows]) => stored === false && String(rows) === forgotten,
    )
    shop.clock.advance(HOUR_MS)
    await eventually(
      async () => {
        shop.clock.advance(HOUR_MS / 4)
        return await rowsOf(forgotten)
      },
      (rows) => rows.length === 0,
    )
    assert.ok(await isStored(kept.body.id))
    assert.equal((await read(kept.body.url)).statusCode, 200)
  })
})

describe('images over a real connection', () => {
  it('C4 answers 413 to 20 MiB before all of it is read, and goes on serving', async () => {
    const [sqlite] = backends
    assert.ok(sqlite)
    const shop = await startTestShop(sqlite)
    try {
      const { id } = await shop.stockUp()
      const address = new URL(await shop.app.listen())
      const form = formOf({ filename: 'a.png', content: Buffer.concat([png, Buffer.alloc(4 * FIVE_MIB)]) })
      for (const { headers, body } of [raw(Buffer.concat([png, Buffer.alloc(4 * FIVE_MIB)])), form]) {
        const socket = connect(Number(address.port), address.hostname)
        // What is still being sent when the server has closed is refused.
        socket.on('error', () => {})
        let answer = ''
        socket.on('data', (chunk) => {
          answer += chunk.toString()
        })
        socket.write(
          `POST /api/v1/products/${id}/images HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ` +
            `${shop.administrator.token}\r\ncontent-type: ${headers['content-type']}\r\n` +
            `content-length: ${body?.length}\r\n\r\n`,
        )
        socket.write(body ?? '')
        await new Promise((resolve) => socket.once('close', resolve))
        assert.match(answer, /^HTTP\/1\.1 413 /)
      }
      assert.equal((await shop.ask('GET', `/api/v1/products/${id}`)).status, 200)
    } finally {
      await shop.stop()
    }
  })
})

describe('images in a bucket', () => {
  let s3: FakeS3
  let shop: TestShop
  before(async () => {
    s3 = await startFakeS3({ bucket: 'karya' })
    const [sqlite] = backends
    assert.ok(sqlite)
    const create = async () => {
      const place = await sqlite.create()
      return { ...place, environment: { ...place.environment, FILES_URL: s3.url } }
    }
    shop = await startTestShop({ ...sqlite, create })
  })
  after(async () => {
    await shop.stop()
    await s3.stop()
  })

  it('S1 are put there, read from there and removed from there', async () => {
    const { id } = await shop.stockUp()
    const made = await createSender(shop)(id, raw(png))
    assert.equal(made.status, 201, made.text)
    assert.deepEqual([...s3.objects.values()], [png])
    const got = await shop.app.http.inject({ method: 'GET', url: made.body.url })
    assert.deepEqual(got.rawPayload, png)
    const { token } = shop.administrator
    await shop.ask('DELETE', `/api/v1/products/${id}/images/${made.body.id}`, { token })
    shop.clock.advance(HOUR_MS / 5)
    await eventually(
      async () => s3.objects.size,
      (size) => size === 0,
    )
  })

  it('C4 are refused with 502 when the bucket fails, and leave nothing behind', async () => {
    const { id } = await shop.stockUp()
    s3.failNext(3)
    const answer = await createSender(shop)(id, raw(png))
    assert.deepEqual([answer.status, answer.body.code], [502, 'file_store_failed'])
    assert.doesNotMatch(answer.text, /SlowDown|127\.0\.0\.1/)
    assert.deepEqual((await shop.ask('GET', `/api/v1/products/${id}`)).body.images, [])
    const kept = await shop.db.selectFrom('files').select('id').where('kept_at', 'is not', null).execute()
    assert.deepEqual(kept, [])
  })
})
