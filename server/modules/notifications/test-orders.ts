import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Backend } from '#tests/backends'
import { type Message, parseMessage } from '#tests/mail-sink'
import { type Answer, type Person, startTestApp, type TestApp } from '#tests/test-app'
import type { Delivery, Notification } from './schemas.ts'
import type { NotificationTables } from './table.ts'

export type TestOrders = Omit<TestApp, 'db'> & {
  readonly db: Kysely<NotificationTables>
  readonly buyer: Person
  /** Buys so many of one product; answers the order. */
  readonly sell: (sale?: Sale) => Promise<{ id: string; number: string; total_price: number }>
  readonly moveOn: (orderId: string, ...statuses: string[]) => Promise<void>
  readonly cancel: (orderId: string, by: Person) => Promise<Answer>
  readonly inboxOf: (person: Person, query?: string) => Promise<{ data: Notification[]; unread: number }>
  readonly deliveries: (query?: string) => Promise<Delivery[]>
  /** The mails that were written as files. */
  readonly files: () => Promise<Message[]>
}

type Sale = {
  readonly by?: Person
  readonly name?: string
  readonly price?: number
  readonly quantity?: number
}

/** For the tests of notifications: a server where somebody buys. */
export async function startTestOrders(
  backend: Backend,
  environment: Readonly<Record<string, string>> = {},
): Promise<TestOrders> {
  const place = await backend.create()
  const app = await startTestApp({ ...backend, create: async () => place }, { environment })
  const { ask, administrator } = app
  const token = administrator.token
  const buyer = await app.enrol()
  const category = await post('/api/v1/categories', token, { name: 'Kopi' })

  async function post(url: string, by: string, body: unknown) {
    const answer = await ask('POST', url, { token: by, body })
    assert.equal(answer.status, 201, answer.text)
    return answer.body
  }

  return {
    ...app,
    db: app.app.database.db.withTables<NotificationTables>(),
    buyer,
    async sell({ by = buyer, name = 'Kopi Gayo', price = 15_000, quantity = 1 } = {}) {
      const product = await post('/api/v1/products', token, {
        name,
        price,
        stock: quantity,
        category_id: category.id,
      })
      const products = [{ id: product.id, qty: quantity }]
      return await post('/api/v1/transactions', by.token, { products })
    },
    async moveOn(orderId, ...statuses) {
      for (const status of statuses) {
        const answer = await ask('PUT', `/api/v1/transactions/${orderId}/status`, { token, body: { status } })
        assert.equal(answer.status, 200, answer.text)
      }
    },
    cancel: async (orderId, by) =>
      await ask('POST', `/api/v1/transactions/${orderId}/cancel`, { token: by.token, body: {} }),
    async inboxOf(person, query = '') {
      const answer = await ask('GET', `/api/v1/notifications?${query}`, { token: person.token })
      assert.equal(answer.status, 200, answer.text)
      return answer.body
    },
    async deliveries(query = '') {
      const answer = await ask('GET', `/api/v1/deliveries?limit=100&${query}`, { token })
      assert.equal(answer.status, 200, answer.text)
      return answer.body.data
    },
    async files() {
      const folder = join(place.environment['DATA_DIR'] ?? '', 'mail')
      const names = (await readdir(folder)).filter((name) => name.endsWith('.eml')).sort()
      return await Promise.all(
        names.map(async (name) => parseMessage(await readFile(join(folder, name), 'utf8'))),
      )
    },
  }
}
