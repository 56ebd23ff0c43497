import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import process from 'node:process'
import { it } from 'node:test'

const { TEST_NATS_URL = '' } = process.env
const skip = TEST_NATS_URL === '' && 'TEST_NATS_URL not set; see node tools/services.mjs env'

type Ran = { readonly code: number; readonly out: string; readonly err: string }

it('T5 T6 the story through the office and the tasks comes out as it is told', { skip }, async (t) => {
  const { code, out, err } = await new Promise<Ran>((resolve) => {
    execFile(process.execPath, ['tools/demo-services.mjs'], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: stdout, err: stderr })
    })
  })
  t.diagnostic(out)
  assert.equal(code, 0, `${out}\n${err}`)
  assert.match(out, /All of it came out as told/)
})
