import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { type MailSink, parseMessage, startMailSink } from '#tests/mail-sink'
import { type Mail, MailFailure } from './mail.ts'
import { createMailer, type Mailer } from './mailer.ts'

const mail: Mail = {
  id: '0190a000-0000-7000-8000-000000000001',
  to: 'budi@karya.test',
  subject: 'Pesanan Anda – Rp 10.000',
  text: 'Terima kasih.\n.\nTotal: Rp 10.000\n',
  html: '<p>Terima kasih – “Kopi”</p>',
  date: new Date('2026-11-21T09:00:00Z'),
}
const MESSAGE_ID = `<${mail.id}@shop.test>`

async function failureOf(sending: Promise<void>): Promise<MailFailure> {
  try {
    await sending
  } catch (error) {
    if (error instanceof MailFailure) return error
    throw error
  }
  throw new Error('the mail was sent')
}

describe('mail by SMTP', () => {
  let sink: MailSink
  let mailer: Mailer
  before(async () => {
    sink = await startMailSink()
    mailer = createMailer({
      smtpUrl: sink.url,
      from: 'Karya <no-reply@shop.test>',
      directory: '/nowhere',
      timeoutMs: 1_500,
    })
  })
  after(async () => {
    mailer.close()
    await sink.stop()
  })
  afterEach(() => sink.behave('accept'))

  it('S6 hands over text and HTML with a Message-ID made of the delivery', async () => {
    await mailer.send(mail)
    const { from, to, message } = sink.received.at(-1) ?? assert.fail('nothing came')
    assert.deepEqual([from, to], ['no-reply@shop.test', [mail.to]])
    assert.equal(message.headers.get('message-id'), MESSAGE_ID)
    assert.equal(message.headers.get('subject'), mail.subject)
    assert.equal(message.headers.get('to'), mail.to)
    assert.equal(message.headers.get('from'), 'Karya <no-reply@shop.test>')
    assert.equal(new Date(message.headers.get('date') ?? '').getTime(), mail.date.getTime())
    assert.equal(message.text.trimEnd().replaceAll('\r\n', '\n'), mail.text.trimEnd())
    assert.equal(message.html.trimEnd(), mail.html)
  })

  it('S6 sends the same bytes again when it is asked again', async () => {
    await mailer.send(mail)
    await mailer.send(mail)
    const [first, second] = sink.received.slice(-2)
    assert.equal(first?.message.raw, second?.message.raw)
  })

  it('S6 lets no text become a header, and no address two', async () => {
    const subject = 'Pesanan\r\nBcc: everybody@karya.test\r\n\r\nHello'
    await mailer.send({ ...mail, subject })
    const { to, message } = sink.received.at(-1) ?? assert.fail('nothing came')
    assert.deepEqual(to, [mail.to])
    assert.equal(message.headers.get('bcc'), undefined)
    assert.equal(message.headers.get('subject'), 'Pesanan Bcc: everybody@karya.test Hello')
    const before = sink.received.length
    for (const hostile of [
      'a@b.test\r\nBcc: c@d.test',
      'a@b.test, c@d.test',
      'a@b.test>\nRCPT TO:<c@d.test',
      '<a@b.test>',
      'a b@c.test',
      'nobody',
      '',
    ]) {
      assert.equal((await failureOf(mailer.send({ ...mail, to: hostile }))).permanent, true, hostile)
    }
    assert.equal(sink.received.length, before)
  })

  it('S6 tells a refusal of this mail for good from one that may pass', async () => {
    const cases: [number, 'sender' | 'recipient' | 'data', boolean][] = [
      [550, 'recipient', true],
      [554, 'data', true],
      [450, 'recipient', false],
      [451, 'data', false],
      [503, 'recipient', false],
      [550, 'sender', false],
    ]
    for (const [refuse, at, permanent] of cases) {
      sink.behave({ refuse, at })
      const failure = await failureOf(mailer.send(mail))
      assert.equal(failure.permanent, permanent, `${refuse} at ${at}`)
      assert.match(failure.message, new RegExp(String(refuse)))
    }
    sink.behave('accept')
    await mailer.send(mail)
  })

  it('S6 gives up on a server that hangs, that breaks off and that is away, and sends when it is back', async () => {
    for (const behaviour of ['hang', 'drop'] as const) {
      sink.behave(behaviour)
      const before = sink.received.length
      assert.equal((await failureOf(mailer.send(mail))).permanent, false, behaviour)
      assert.equal(sink.received.length, before + (behaviour === 'drop' ? 1 : 0))
    }
    await sink.goAway()
    assert.equal((await failureOf(mailer.send(mail))).permanent, false)
    sink.behave('accept')
    await sink.comeBack()
    await mailer.send(mail)
    assert.equal(sink.received.at(-1)?.message.headers.get('message-id'), MESSAGE_ID)
  })

  it('S6 breaks no mail off because others were before it', async () => {
    sink.behave('slow')
    const before = sink.received.length
    // Five at a time, they take longer together than any of them may.
    await Promise.all(Array.from({ length: 30 }, () => mailer.send(mail)))
    assert.equal(sink.received.length, before + 30)
  })

  it('S6 takes a sender as one, whatever is in the name', async () => {
    for (const from of ['Kopi, Teh <toko@shop.test>', '"Kopi, Teh" <toko@shop.test>']) {
      const named = createMailer({ smtpUrl: sink.url, from, directory: '/nowhere' })
      await named.send(mail)
      named.close()
      const { from: sender, message } = sink.received.at(-1) ?? assert.fail('nothing came')
      assert.deepEqual(
        [sender, message.headers.get('from')],
        ['toko@shop.test', '"Kopi, Teh" <toko@shop.test>'],
      )
      assert.equal(message.headers.get('message-id'), MESSAGE_ID)
    }
  })

  it('S6 trusts no server whose certificate nobody signed', async () => {
    const secured = await startMailSink({ startTls: true })
    const trusting = createMailer({ smtpUrl: secured.url, from: 'karya@shop.test', directory: '/nowhere' })
    const failure = await failureOf(trusting.send(mail))
    assert.deepEqual([failure.permanent, secured.received.length], [false, 0])
    trusting.close()
    await secured.stop()
  })
})

describe('mail as files', () => {
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'karya-mail-'))
  })
  after(async () => await rm(directory, { recursive: true }))

  const create = (place: string) =>
    createMailer({ smtpUrl: null, from: 'Karya <karya@localhost>', directory: place })

  it('S6 writes a mail once, however often it is sent, readable by its owner only', async () => {
    const mailer = create(directory)
    await mailer.send(mail)
    const path = join(directory, 'mail', `${mail.id}.eml`)
    const first = await readFile(path, 'utf8')
    await Promise.all([mailer.send(mail), mailer.send(mail)])
    assert.deepEqual(await readdir(join(directory, 'mail')), [`${mail.id}.eml`])
    assert.equal(await readFile(path, 'utf8'), first)
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600)
    const message = parseMessage(first)
    assert.equal(message.headers.get('message-id'), `<${mail.id}@localhost>`)
    assert.deepEqual([message.headers.get('subject'), message.html.trimEnd()], [mail.subject, mail.html])
    assert.doesNotMatch(first, /[^\r]\n/)
  })

  it('S6 leaves nothing half written when the folder cannot be used', async () => {
    const place = join(directory, 'blocked')
    await writeFile(place, 'a file where a folder should be')
    assert.equal((await failureOf(create(place).send(mail))).permanent, false)
    await assert.rejects(create(directory).send({ ...mail, id: '../escape' }), TypeError)
  })
})
