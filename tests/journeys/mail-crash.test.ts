import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import type { NotificationTables } from '#modules/notifications'
import { engines, onEach, type Place } from '#tests/backends'
import { createClient } from '#tests/client'
import { eventually } from '#tests/event-place'
import { JOURNEY, lookInto, signInAsAdministrator, stockUp } from '#tests/journey'
import { type MailSink, startMailSink } from '#tests/mail-sink'
import { type ServerProcess, startServerProcess } from '#tests/server-process'

onEach(engines, 'a process that dies while it sends mail', (backend) => {
  let place: Place
  let sink: MailSink
  before(async () => {
    place = await backend.create()
    sink = await startMailSink()
  })
  after(async () => {
    await sink.stop()
    await place.remove()
  })

  const start = async (more: Readonly<Record<string, string>> = {}): Promise<ServerProcess> =>
    await startServerProcess({
      ...place.environment,
      ...JOURNEY,
      SMTP_URL: sink.url,
      MAIL_FROM: 'toko@shop.test',
      ...more,
    })

  /** Places an order with a process that may die before it has answered; the number is in the database. */
  async function placeOrder(server: ServerProcess): Promise<string> {
    const client = createClient(server.url)
    const { token } = await signInAsAdministrator(client)
    const [id] = await stockUp(client, token, [1])
    const body = { products: [{ id, qty: 1 }] }
    await client.ask('/api/v1/transactions', { method: 'POST', token, body }).catch(() => null)
    client.close()
    assert.equal(await server.ended, 'SIGKILL', server.output())
    return await lookInto(place, async (db) => {
      const newest = db.selectFrom('orders').select('number').orderBy('id', 'desc').limit(1)
      return (await newest.executeTakeFirstOrThrow()).number
    })
  }

  /** As if the time of the dead process had run out: the next one need not wait for it. */
  const endClaims = async () =>
    await lookInto(place, async (db) => {
      await db
        .updateTable('leases')
        .set({ until_at: new Date(0) })
        .execute()
      await db
        .updateTable('timers')
        .set({ next_at: new Date(0) })
        .where('kind', '=', 'mail.send')
        .execute()
    })

  const deliveryOf = async (number: string) =>
    await lookInto(
      place,
      async (db) =>
        await db
          .withTables<NotificationTables>()
          .selectFrom('deliveries')
          .select(['id', 'state'])
          .where('title', 'like', `%${number}%`)
          .execute(),
    )

  for (const [point, mails] of [
    ['mail.before-send', 1],
    ['mail.after-send', 2],
  ] as const) {
    it(`S6 loses no mail at ${point}, and a repeated one has the same Message-ID`, async () => {
      const number = await placeOrder(await start({ KARYA_CRASHPOINT: point }))
      await endClaims()
      const server = await start()
      const deliveries = await eventually(
        async () => await deliveryOf(number),
        ([delivery]) => delivery?.state === 'sent',
      )
      server.kill('SIGTERM')
      assert.equal(await server.ended, 0, server.output())
      assert.equal(deliveries.length, 1)
      const received = sink.received.filter(({ message }) => message.headers.get('subject')?.includes(number))
      assert.deepEqual(
        received.map(({ message }) => message.headers.get('message-id')),
        Array.from({ length: mails }, () => `<${deliveries[0]?.id ?? ''}@shop.test>`),
      )
    })
  }
})
