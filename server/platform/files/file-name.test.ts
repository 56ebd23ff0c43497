import assert from 'node:assert/strict'
import { it } from 'node:test'
import { samples, strangers } from '#tests/file-samples'
import { contentDisposition, plainFileName } from './file-name.ts'
import { detectFileType, isPlainText } from './file-type.ts'

it('S1 leaves of a file name what is for people, and nothing of a path', () => {
  const names: [string, string][] = [
    ['foto.png', 'foto.png'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\system32\\cmd.exe', 'cmd.exe'],
    ['..', 'file'],
    ['', 'file'],
    ['/', 'file'],
    ['a/..', 'file'],
    ['a\0b\r\nset-cookie: x.png', 'abset-cookie: x.png'],
    ['"quoted".png', 'quoted.png'],
    ['gnp.\u202egpj.exe', 'gnp.gpj.exe'],
    ['Kopi ☕.png', 'Kopi ☕.png'],
    ['\ud800.png', '\ufffd.png'],
    ['😀'.repeat(300), '😀'.repeat(255)],
  ]
  for (const [given, expected] of names) assert.equal(plainFileName(given), expected, JSON.stringify(given))
})

it('S1 writes a name in a header so that nothing can be added to it', () => {
  assert.equal(
    contentDisposition('inline', 'Kopi ☕ 100%.png'),
    `inline; filename="Kopi _ 100_.png"; filename*=UTF-8''Kopi%20%E2%98%95%20100%25.png`,
  )
  for (const name of ['a"; x="', "a'b(c)*", 'a\\', '\u00e9'])
    assert.match(
      contentDisposition('attachment', name),
      /^attachment; filename="[^"\\]*"; filename\*=UTF-8''[\w.%-]*$/,
    )
})

it('S1 tells a file by its bytes', () => {
  for (const [type, content] of Object.entries(samples)) assert.equal(detectFileType(content), type)
  for (const [what, content] of Object.entries(strangers)) assert.equal(detectFileType(content), null, what)
  for (const content of Object.values(samples)) {
    assert.equal(detectFileType(Buffer.concat([Buffer.from(' '), content])), null)
    assert.equal(detectFileType(content.subarray(0, 3).subarray(1)), null)
  }
  assert.equal(detectFileType(Buffer.of()), null)
})

it('D8 tells text that people read from markup, programs and halves of characters', () => {
  for (const text of ['halo', 'a\tb\r\n\f', 'katup ü 漏', '1 < 2'])
    assert.ok(isPlainText(Buffer.from(text)), text)
  const { text: _text, ...others } = strangers
  for (const [what, content] of Object.entries(others)) assert.ok(!isPlainText(content), what)
  for (const bytes of [[0x61, 0], [0x1b, 0x5b], [0xc3], [0xff, 0xfe, 0x61, 0]])
    assert.ok(!isPlainText(Buffer.from(bytes)), String(bytes))
  assert.ok(!isPlainText(Buffer.from('\n <svg/>')))
})
