import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { eventually } from '#tests/event-place'
import { freePort } from '#tests/server-process'

it('F3 stops in order when npm is told to stop, though its shell passes no signal on', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'karya-npm-'))
  const port = await freePort()
  const npm = spawn('npm', ['start'], {
    env: { ...process.env, PORT: String(port), DATA_DIR: directory, NODE_ENV: 'test' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  npm.stdout.on('data', (chunk: Buffer) => void (output += chunk.toString()))
  const answers = async () =>
    await fetch(`http://127.0.0.1:${port}/health/live`, { headers: { connection: 'close' } }).then(
      ({ ok }) => ok,
      () => false,
    )
  try {
    await eventually(answers, (isUp) => isUp, 60_000)
    npm.kill('SIGTERM')
    await eventually(answers, (isUp) => !isUp)
    assert.match(output, /"signal":"SIGTERM","msg":"stopping"/)
  } finally {
    npm.kill('SIGKILL')
    await rm(directory, { recursive: true, force: true })
  }
})
