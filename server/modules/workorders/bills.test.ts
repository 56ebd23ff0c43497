import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'
import fc from 'fast-check'
import { systemIds } from '#platform/id'
import { engines, onEach } from '#tests/backends'
import type { Person } from '#tests/test-app'
import { productCopy } from './product-copy.ts'
import { type DemandScene, envelopeOf, startDemandScene } from './test-demand.ts'
import { NOBODY } from './test-floor.ts'

type Line = { readonly product_id: string; readonly quantity: number; readonly per_quantity?: number }
type Taken = readonly { readonly product_id: string; readonly quantity: number }[]

onEach(engines, 'bills of materials', (backend) => {
  let scene: DemandScene
  before(async () => {
    scene = await startDemandScene(backend)
  })
  after(async () => await scene.stop())

  const URL = '/api/v1/workorders'
  async function ask(method: string, path: string, body?: object, by: Person = scene.manager) {
    return await scene.ask(method, `${URL}${path}`, {
      token: by.token,
      ...(body === undefined ? {} : { body }),
    })
  }
  async function put(product: string, materials: readonly Line[], headers = {}) {
    return await scene.ask('PUT', `${URL}/bills/${product}`, {
      token: scene.manager.token,
      headers,
      body: { materials },
    })
  }
  async function must(answer: ReturnType<typeof ask>) {
    const { status, text, body } = await answer
    assert.ok(status < 300, text)
    return body
  }
  /** Products of the shop in the order of their ids. */
  async function sellSome(count: number): Promise<string[]> {
    const products: string[] = []
    for (let index = 0; index < count; index += 1) products.push(await scene.sell(`Bahan ${index}`))
    return products
  }
  async function stock(product: string, onHand: number): Promise<void> {
    await scene.handle(
      productCopy,
      envelopeOf({
        type: 'product.stock_changed',
        subject: `product/${product}`,
        recordversion: 2,
        data: { product_id: product, on_hand: onHand },
      }),
    )
  }
  async function startMaking(product: string, quantity: number): Promise<string> {
    const { id } = await must(ask('POST', '', { product_id: product, quantity, deadline: '2030-01-15' }))
    await scene.move(id, { status: 'in_progress' })
    return id
  }
  async function report(id: string, made: object): Promise<string[]> {
    const { status, text, body } = await scene.report(id, made, scene.manager)
    assert.equal(status, 201, text)
    return body.entry_ids
  }
  /** What each entry of an order has taken, as its events tell. */
  async function takenBy(id: string): Promise<Taken[]> {
    const events = await scene.eventsOf(`work_order/${id}`)
    return events.flatMap(({ type, data }) => {
      if (type !== 'work_order.output_logged' || typeof data !== 'object' || data === null) return []
      const output: unknown = Reflect.get(data, 'output')
      const materials: unknown = Object(output).materials
      return Array.isArray(materials) ? [materials] : []
    })
  }
  async function needsOf(id: string) {
    return (await must(ask('GET', `/${id}/materials`))).data
  }

  it('W5 a bill is said whole, read, listed, found by a component and removed, version by version', async () => {
    const [table = '', wood = '', screw = ''] = await sellSome(3)
    assert.equal((await ask('GET', `/bills/${table}`)).body.code, 'bill_not_found')
    const lines = [
      { product_id: screw, quantity: 1, per_quantity: 10 },
      { product_id: wood, quantity: 2 },
    ]
    const first = await put(table, lines)
    assert.equal(first.status, 200, first.text)
    assert.equal(first.headers['etag'], '"1"')
    assert.deepEqual(first.body.materials, [
      { product_id: wood, quantity: 2, per_quantity: 1 },
      { product_id: screw, quantity: 1, per_quantity: 10 },
    ])
    const read = await ask('GET', `/bills/${table}`, undefined, scene.operator)
    assert.deepEqual([read.status, read.body, read.headers['etag']], [200, first.body, '"1"'])

    const second = await must(put(table, [{ product_id: wood, quantity: 3 }], { 'if-match': '"1"' }))
    assert.deepEqual([second.version, second.created_at], [2, first.body.created_at])
    assert.equal((await put(table, lines, { 'if-match': '"1"' })).status, 412)
    const found = await must(ask('GET', `/bills?component_id=${wood}&page=1`))
    assert.deepEqual([found.data, found.page.total], [[second], 1])
    assert.deepEqual((await must(ask('GET', `/bills?component_id=${screw}`))).data, [])

    assert.equal((await ask('DELETE', `/bills/${table}`)).status, 204)
    assert.equal((await ask('DELETE', `/bills/${table}`)).status, 404)
    assert.equal((await ask('GET', `/bills/${table}`)).status, 404)
    assert.deepEqual((await must(ask('GET', `/bills?component_id=${wood}`))).data, [])
    assert.equal((await must(put(table, lines))).version, 4)
    assert.deepEqual(
      (await scene.eventsOf(`work_bill/${table}`)).map(({ type, record_version: at }) => [type, at]),
      [
        ['work_bill.updated', 1],
        ['work_bill.updated', 2],
        ['work_bill.deleted', 3],
        ['work_bill.updated', 4],
      ],
    )
  })

  it('W5 a bill is made of products that are there, each once, and not of itself in one step or two', async () => {
    const [table = '', wood = '', leg = ''] = await sellSome(3)
    const refusals: readonly (readonly [readonly Line[], string, string])[] = [
      [[{ product_id: table, quantity: 1 }], '/materials/0/product_id', 'invalid'],
      [
        [
          { product_id: wood, quantity: 1 },
          { product_id: wood, quantity: 2 },
        ],
        '/materials/1/product_id',
        'duplicate',
      ],
      [[{ product_id: NOBODY, quantity: 1 }], '/materials/0/product_id', 'unknown_product'],
    ]
    for (const [lines, pointer, code] of refusals) {
      const { status, body } = await put(table, lines)
      assert.deepEqual([status, body.errors?.[0]?.pointer, body.errors?.[0]?.code], [400, pointer, code])
    }
    assert.equal((await put(table, [])).status, 400)
    assert.equal((await put(table, [{ product_id: wood, quantity: 0 }])).status, 400)
    assert.equal(
      (await put(systemIds.next(), [{ product_id: wood, quantity: 1 }])).body.code,
      'product_not_found',
    )
    await must(put(leg, [{ product_id: wood, quantity: 1 }]))
    const cycle = await put(wood, [
      { product_id: table, quantity: 1 },
      { product_id: leg, quantity: 1 },
    ])
    assert.deepEqual([cycle.status, cycle.body.code, cycle.body.product_id], [409, 'bill_cycle', leg])
    assert.equal((await ask('GET', `/bills/${wood}`)).status, 404)
  })

  it('W5 of two who make each a component of the other one is refused', async () => {
    for (let round = 0; round < 4; round += 1) {
      const [a = '', b = ''] = await sellSome(2)
      const answers = await Promise.all([
        put(a, [{ product_id: b, quantity: 1 }]),
        put(b, [{ product_id: a, quantity: 1 }]),
      ])
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 409])
    }
  })

  it('W5 only managers write bills, and the shop floor reads them', async () => {
    const [table = '', wood = ''] = await sellSome(2)
    const body = { materials: [{ product_id: wood, quantity: 1 }] }
    assert.equal((await ask('PUT', `/bills/${table}`, body, scene.operator)).status, 403)
    assert.equal((await ask('DELETE', `/bills/${table}`, undefined, scene.operator)).status, 403)
    assert.equal((await ask('GET', '/materials/shortages', undefined, scene.operator)).status, 200)
    const customer = await scene.enrol()
    for (const path of ['/bills', `/bills/${table}`, '/materials/shortages', `/${NOBODY}/materials`])
      assert.equal((await ask('GET', path, undefined, customer)).status, 403)
    assert.equal((await ask('GET', `/${NOBODY}/materials`)).body.code, 'work_order_not_found')
  })

  it('W5 output takes its components, begun packs whole, scrap included and rework not', async () => {
    const [table = '', wood = '', screw = ''] = await sellSome(3)
    await must(
      put(table, [
        { product_id: wood, quantity: 2 },
        { product_id: screw, quantity: 1, per_quantity: 10 },
      ]),
    )
    const id = await startMaking(table, 30)
    const [first = ''] = await report(id, { quantity: 4 })
    await report(id, { rework: 3 })
    await report(id, { quantity: 5, scrap: 2 })
    const took = (woods: number, screws: number) => [
      ...(woods === 0 ? [] : [{ product_id: wood, quantity: woods }]),
      ...(screws === 0 ? [] : [{ product_id: screw, quantity: screws }]),
    ]
    const soFar = [took(8, 1), [], took(10, 0), took(4, 1)]
    assert.deepEqual(await takenBy(id), soFar)
    // Of 11 units, 4 are taken back: 7 need one pack.
    await must(ask('POST', `/${id}/entries/${first}/reverse`, {}))
    assert.deepEqual(await takenBy(id), [...soFar, took(-8, -1)])
    await report(id, { quantity: 4 })
    assert.deepEqual((await takenBy(id)).at(-1), took(8, 1))
    const needs = await needsOf(id)
    assert.deepEqual(
      needs.map((need: { consumed: number }) => need.consumed),
      [22, 2],
    )
  })

  it('W5 an order keeps the bill that held when it was opened, whatever becomes of it', async () => {
    const [table = '', wood = '', glue = ''] = await sellSome(3)
    const before = await startMaking(table, 5)
    await must(put(table, [{ product_id: wood, quantity: 2 }]))
    const between = await startMaking(table, 5)
    await must(put(table, [{ product_id: glue, quantity: 7 }]))
    const later = await startMaking(table, 5)
    assert.equal((await ask('DELETE', `/bills/${table}`)).status, 204)
    for (const id of [before, between, later]) await report(id, { quantity: 1 })
    assert.deepEqual(await takenBy(before), [[]])
    assert.deepEqual(await takenBy(between), [[{ product_id: wood, quantity: 2 }]])
    assert.deepEqual(await takenBy(later), [[{ product_id: glue, quantity: 7 }]])
  })

  it('W5 what is taken never drifts: after any reports and reversals it is what the units that stand need', async () => {
    const [table = '', wood = ''] = await sellSome(2)
    const made = fc.record({ quantity: fc.integer({ min: 1, max: 4 }), scrap: fc.nat(3) })
    const share = fc.record({
      quantity: fc.integer({ min: 1, max: 5 }),
      per_quantity: fc.integer({ min: 1, max: 7 }),
    })
    await fc.assert(
      fc.asyncProperty(
        share,
        fc.array(made, { minLength: 1, maxLength: 5 }),
        fc.nat(9),
        async (line, all, which) => {
          await must(put(table, [{ product_id: wood, ...line }]))
          const id = await startMaking(table, 100)
          const entries: string[] = []
          for (const one of all) entries.push(...(await report(id, one)))
          const taken = entries[which % entries.length]
          await must(ask('POST', `/${id}/entries/${taken}/reverse`, {}))
          const { produced, scrap } = await scene.read(id)
          const expected = Math.ceil(((produced + scrap) * line.quantity) / line.per_quantity)
          const sum = (await takenBy(id)).flat().reduce((total, { quantity }) => total + quantity, 0)
          assert.equal(sum, expected)
          assert.equal((await needsOf(id))[0].consumed, expected)
        },
      ),
      { numRuns: 6 },
    )
  })

  it('W5 tells what an order still needs and whether it is there', async () => {
    const [table = '', wood = ''] = await sellSome(2)
    await must(put(table, [{ product_id: wood, quantity: 2, per_quantity: 1 }]))
    await stock(wood, 19)
    const id = await startMaking(table, 10)
    const need = {
      product_id: wood,
      name: 'Bahan 1',
      quantity: 2,
      per_quantity: 1,
      needed: 20,
      consumed: 0,
      still_needed: 20,
      on_hand: 19,
      short: true,
    }
    assert.deepEqual(await must(ask('GET', `/${id}/materials`)), { work_order_id: id, data: [need] })
    await report(id, { quantity: 3, scrap: 1 })
    assert.deepEqual(await needsOf(id), [
      { ...need, needed: 22, consumed: 8, still_needed: 14, short: false },
    ])
    await scene.move(id, { status: 'cancelled' })
    assert.deepEqual(await needsOf(id), [{ ...need, needed: 8, consumed: 8, still_needed: 0, short: false }])
  })

  it('W5 tells what all open orders together still need, the most missing first', async () => {
    const [table = '', chair = '', wood = '', glue = ''] = await sellSome(4)
    await must(put(table, [{ product_id: wood, quantity: 4 }]))
    await must(
      put(chair, [
        { product_id: wood, quantity: 1 },
        { product_id: glue, quantity: 1 },
      ]),
    )
    await stock(wood, 50)
    await stock(glue, 100)
    await startMaking(table, 10)
    const second = await startMaking(chair, 20)
    const listed = async (query = '') =>
      (await must(ask('GET', `/materials/shortages${query}`))).data.filter(
        ({ product_id: id }: { product_id: string }) => id === wood || id === glue,
      )
    const ofWood = {
      product_id: wood,
      name: 'Bahan 2',
      still_needed: 60,
      on_hand: 50,
      missing: 10,
      short: true,
      work_orders: 2,
    }
    const ofGlue = {
      product_id: glue,
      name: 'Bahan 3',
      still_needed: 20,
      on_hand: 100,
      missing: 0,
      short: false,
      work_orders: 1,
    }
    assert.deepEqual(await listed(), [ofWood, ofGlue])
    assert.deepEqual(await listed('?short=true'), [ofWood])
    assert.deepEqual(await listed('?short=false'), [ofGlue])
    await scene.move(second, { status: 'cancelled' })
    assert.deepEqual(await listed(), [
      { ...ofWood, still_needed: 40, missing: 0, short: false, work_orders: 1 },
    ])
  })
})
