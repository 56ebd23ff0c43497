import assert from 'node:assert/strict'
import { it } from 'node:test'
import { orderStatuses } from './lifecycle.ts'
import { sayLine, sayWhy } from './why-words.ts'

const order = {
  id: '01890000-0000-7000-8000-000000000000',
  number: 'WO-20261121-001',
  status: 'in_progress',
  quantity: 10,
  good: 4,
  remaining: 6,
  expected_at: '2026-11-24T03:00:00.000Z',
  hold: null,
}
const line = {
  product_id: '01890000-0000-7000-8000-000000000001',
  name: 'Kursi',
  quantity: 5,
  waiting: 3,
  ahead: 2,
  promised_on: '2026-11-24',
  work_orders: [order],
}

it('S5 says which units are to come, when, and what makes them', () => {
  assert.equal(
    sayLine(line, 'en'),
    'Kursi: 3 of 5 are still to come, after 2 for those who have waited longer; expected by 24 November 2026. Work order WO-20261121-001 has made 4 of 10.',
  )
  assert.equal(
    sayLine(line, 'id'),
    'Kursi: 3 dari 5 belum tersedia, setelah 2 untuk yang menunggu lebih lama; diperkirakan paling lambat 24 November 2026. Perintah kerja WO-20261121-001 sudah membuat 4 dari 10.',
  )
})

it('S5 says that what makes them is on hold, is not begun, or is nothing', () => {
  const alone = { ...line, ahead: 0, promised_on: null }
  const hold = { reason: 'machine', note: null, since: null }
  assert.equal(
    sayLine({ ...alone, work_orders: [{ ...order, status: 'on_hold', hold }] }, 'en'),
    'Kursi: 3 of 5 are still to come. Work order WO-20261121-001 has made 4 of 10 and is on hold: a machine is down.',
  )
  // A reason of a later version of the program is still a hold.
  const unheardOf = { ...hold, reason: 'weather' }
  assert.match(
    sayLine({ ...alone, work_orders: [{ ...order, hold: unheardOf }] }, 'id'),
    /karena alasan lain/,
  )
  assert.match(
    sayLine({ ...alone, work_orders: [{ ...order, status: 'pending' }] }, 'en'),
    /WO-20261121-001 for 10 has not been started yet/,
  )
  assert.equal(
    sayLine({ ...alone, work_orders: [] }, 'en'),
    'Kursi: 3 of 5 are still to come. Nothing is being made yet.',
  )
})

it('S5 has a sentence for every status, in both languages', () => {
  for (const status of orderStatuses) {
    const why = {
      transaction_id: order.id,
      number: 'ORD-1',
      status,
      waits_for: [],
      payment: { outstanding: 750_000, hold_until: null },
      lines: [],
      promised_on: null,
    }
    const [english, indonesian] = [sayWhy(why, 'en'), sayWhy(why, 'id')]
    assert.notEqual(english, indonesian)
    assert.doesNotMatch(english + indonesian, /[{}]/)
    if (status === 'pending_payment') assert.match(english, /750[.,]000 is still to be paid/)
  }
})
