import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '#platform/clock'
import { systemIds } from '#platform/id'
import { type FakeS3, startFakeS3 } from '#tests/fake-s3'
import { readConfig } from '../../config.ts'
import { openFileStore } from './open-store.ts'
import type { FileStore } from './store.ts'

const content = Buffer.from('isi berkas')

function keepsFiles(open: () => FileStore): void {
  it('S1 gives back what was put, replaces it, and forgets what was removed, however often', async () => {
    const store = open()
    const id = systemIds.next()
    assert.equal(await store.get(id), undefined)
    await store.remove(id)
    await store.put(id, content)
    assert.deepEqual(await store.get(id), content)
    const large = Buffer.alloc(5 * 1_024 * 1_024, 'x')
    await store.put(id, large)
    assert.ok(large.equals((await store.get(id)) ?? Buffer.of()))
    await store.remove(id)
    await store.remove(id)
    assert.equal(await store.get(id), undefined)
  })

  it('S1 keeps nothing under a name that is no id', async () => {
    const store = open()
    for (const id of ['', '..', '../x', '/etc/passwd', `${systemIds.next()}/..`, 'x'.repeat(36)])
      for (const attempt of [store.put(id, content), store.get(id), store.remove(id)])
        await assert.rejects(attempt, TypeError, id)
  })
}

describe('a folder with files', () => {
  let directory: string
  let store: FileStore
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'karya-files-'))
    store = openFileStore({ bucket: null, dataDirectory: directory, clock: systemClock })
  })
  after(async () => await rm(directory, { recursive: true, force: true }))

  keepsFiles(() => store)

  it('S1 has each file under two characters of its id, for the server alone, and none that is not whole', async () => {
    const ids = Array.from({ length: 20 }, () => systemIds.next())
    await Promise.all(ids.map(async (id) => await store.put(id, content)))
    for (const id of ids) {
      const { mode, size } = await stat(join(directory, 'files', id.slice(-2), id))
      assert.deepEqual([mode & 0o777, size], [0o600, content.length])
    }
    const names = await readdir(join(directory, 'files'), { recursive: true })
    assert.deepEqual(
      names.filter((name) => name.endsWith('.part')),
      [],
    )
  })
})

describe('a bucket with files', () => {
  let s3: FakeS3
  let store: FileStore
  before(async () => {
    s3 = await startFakeS3({ bucket: 'karya' })
    store = openBucket(s3.url)
  })
  after(async () => {
    await store.close()
    await s3.stop()
  })

  function openBucket(url: string): FileStore {
    const bucket = readConfig({ FILES_URL: url }).filesBucket
    assert.ok(bucket)
    return openFileStore({ bucket, dataDirectory: '/nowhere', clock: systemClock })
  }

  keepsFiles(() => store)

  it('S1 signs every request and keeps each file under its prefix', async () => {
    const id = systemIds.next()
    await store.put(id, content)
    assert.deepEqual(s3.objects.get(`shop/files/${id.slice(-2)}/${id}`), content)
    assert.deepEqual(s3.refusals, [])
  })

  it('S1 asks again when the store is busy, and gives up with 502 when it stays so', async () => {
    const id = systemIds.next()
    s3.failNext(2)
    await store.put(id, content)
    assert.deepEqual(await store.get(id), content)
    s3.failNext(3)
    await assert.rejects(store.get(id), { kind: 'upstream', code: 'file_store_failed' })
  })

  it('S1 fails with 502 where the key is another, the bucket is not there, or nobody answers', async () => {
    const id = systemIds.next()
    const wrong = [
      s3.url.replace(/:[^:@/]+@/, ':guessed@'),
      s3.url.replace('ap-southeast-3', 'us-east-1'),
      s3.url.replace('/karya/', '/other/'),
      s3.url.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1'),
    ]
    for (const url of wrong) {
      const other = openBucket(url)
      await assert.rejects(other.put(id, content), { kind: 'upstream', code: 'file_store_failed' }, url)
      await other.close()
    }
    assert.deepEqual(s3.refusals, ['the signature is another', 'the credential is another'])
  })
})
