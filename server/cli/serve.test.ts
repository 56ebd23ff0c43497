import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, it } from 'node:test'
import { JOURNEY } from '#tests/journey'
import { startServerProcess } from '#tests/server-process'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'karya-serve-'))
})
after(async () => await rm(folder, { recursive: true, force: true }))

it('T6 says what it serves, and where people come from that have no accounts here', async () => {
  const environment = { ...JOURNEY, DATA_DIR: folder, KARYA_MODULES: 'tasks' }
  const server = await startServerProcess(environment)
  server.kill('SIGTERM')
  await server.ended
  assert.match(
    server.output(),
    /Karya serves http:\S+ · docs: \S+ · only tasks: people sign in where identity runs/,
  )
  assert.match(server.output(), /ADMIN_EMAIL is ignored/)
})

it('T6 makes no administrator where there are no accounts', async () => {
  const env = { PATH: process.env['PATH'], NODE_ENV: 'test', DATA_DIR: folder, KARYA_MODULES: 'tasks' }
  const args = ['server/main.ts', 'admin', 'create', '--email', 'admin@karya.test']
  const { code, err } = await new Promise<{ code: unknown; err: string }>((resolve) => {
    const child = execFile(process.execPath, args, { env }, (error, _out, stderr) =>
      resolve({ code: error?.code, err: stderr }),
    )
    // The refusal comes before the question.
    child.stdin?.end()
  })
  assert.equal(code, 1)
  assert.match(err, /KARYA_MODULES leaves identity out/)
})
