/** The moment as of which the month is told, on the workshop's clocks. */
export const AS_OF = '2025-11-03T12:00:00.000'

/** The orders that the reports could get wrong; `reverses` is the place of an entry within its order, from 1. */
export const named = [
  {
    note: 'spans the midnight at which the month begins; ten minutes late',
    product: 'Lemari sudut', quantity: 30, operator: 'OP-1',
    created: '2025-09-30T14:00:00.000', started: '2025-09-30T21:30:00.000',
    finished: '2025-10-01T02:10:00.000', deadline: '2025-10-01T02:00:00.000',
    sessions: [
      { operator: 'OP-1', from: '2025-09-30T21:30:00.000', to: '2025-09-30T23:40:00.000' },
      { operator: 'OP-1', from: '2025-10-01T00:25:00.000', to: '2025-10-01T02:10:00.000' },
      { operator: 'OP-2', from: '2025-09-30T23:15:00.000', to: '2025-10-01T00:45:00.000' },
    ],
    holds: [{ reason: 'machine', from: '2025-09-30T23:40:00.000', to: '2025-10-01T00:25:00.000' }],
    entries: [
      { kind: 'good', quantity: 12, operator: 'OP-1', at: '2025-09-30T23:30:00.000' },
      { kind: 'scrap', quantity: 2, reason: 'machine', operator: 'OP-1', at: '2025-10-01T00:40:00.000' },
      { kind: 'good', quantity: 18, operator: 'OP-1', at: '2025-10-01T01:45:00.000' },
    ],
  },
  {
    note: 'spans a midnight within the month; finished at its deadline',
    product: 'Rak buku', quantity: 11, operator: 'OP-2',
    created: '2025-10-14T09:00:00.000', started: '2025-10-14T22:00:00.000',
    finished: '2025-10-15T01:00:00.000', deadline: '2025-10-15T01:00:00.000',
    sessions: [
      { operator: 'OP-2', from: '2025-10-14T22:00:00.000', to: '2025-10-14T23:50:00.000' },
      { operator: 'OP-2', from: '2025-10-15T00:10:00.000', to: '2025-10-15T01:00:00.000' },
    ],
    holds: [{ reason: 'quality', from: '2025-10-14T23:50:00.000', to: '2025-10-15T00:10:00.000' }],
    entries: [
      { kind: 'good', quantity: 5, operator: 'OP-2', at: '2025-10-14T23:59:59.999' },
      { kind: 'good', quantity: 6, operator: 'OP-2', at: '2025-10-15T00:00:00.000' },
    ],
  },
  {
    note: 'spans the midnight at which the month ends',
    product: 'Meja belajar', quantity: 12, operator: 'OP-3',
    created: '2025-10-31T10:00:00.000', started: '2025-10-31T20:00:00.000',
    finished: '2025-11-01T01:00:00.000', deadline: '2025-11-02T16:00:00.000',
    sessions: [
      { operator: 'OP-3', from: '2025-10-31T20:00:00.000', to: '2025-10-31T23:30:00.000' },
      { operator: 'OP-3', from: '2025-11-01T00:30:00.000', to: '2025-11-01T01:00:00.000' },
      { operator: 'OP-4', from: '2025-10-31T22:00:00.000', to: '2025-11-01T01:00:00.000' },
    ],
    holds: [{ reason: 'material', from: '2025-10-31T23:30:00.000', to: '2025-11-01T00:30:00.000' }],
    entries: [
      { kind: 'good', quantity: 5, operator: 'OP-3', at: '2025-10-31T23:59:59.999' },
      { kind: 'good', quantity: 7, operator: 'OP-3', at: '2025-11-01T00:00:00.000' },
    ],
  },
  {
    note: 'finished in the first millisecond of the month; one millisecond late',
    product: 'Kursi makan', quantity: 4, operator: 'OP-4',
    created: '2025-09-29T08:00:00.000', started: '2025-09-30T08:00:00.000',
    finished: '2025-10-01T00:00:00.000', deadline: '2025-09-30T23:59:59.999',
    holds: [{ reason: 'other', from: '2025-09-30T20:00:00.000', to: '2025-10-01T00:00:00.000' }],
    entries: [{ kind: 'good', quantity: 4, operator: 'OP-4', at: '2025-09-30T19:00:00.000' }],
  },
  {
    note: 'finished in the last millisecond of the month; in time',
    product: 'Kursi makan', quantity: 6, operator: 'OP-4',
    created: '2025-10-30T08:00:00.000', started: '2025-10-31T08:00:00.000',
    finished: '2025-10-31T23:59:59.999', deadline: '2025-11-01T00:00:00.000',
    sessions: [{ operator: 'OP-4', from: '2025-10-31T08:00:00.000', to: '2025-10-31T09:30:00.500' }],
    entries: [{ kind: 'good', quantity: 6, operator: 'OP-4', at: '2025-10-31T23:59:59.000' }],
  },
  {
    note: 'finished in the first millisecond after the month',
    product: 'Kursi makan', quantity: 6, operator: 'OP-4',
    created: '2025-10-30T08:30:00.000', started: '2025-10-31T08:30:00.000',
    finished: '2025-11-01T00:00:00.000', deadline: '2025-11-01T00:00:00.000',
    entries: [{ kind: 'good', quantity: 6, operator: 'OP-4', at: '2025-10-31T23:00:00.000' }],
  },
  {
    note: 'held since before the month and still held',
    product: 'Bangku taman', quantity: 20, operator: 'OP-5',
    created: '2025-09-20T09:00:00.000', started: '2025-09-20T09:30:00.000', deadline: '2025-09-27T16:00:00.000',
    sessions: [{ operator: 'OP-5', from: '2025-09-20T09:30:00.000', to: '2025-09-20T10:00:00.000' }],
    holds: [{ reason: 'other', from: '2025-09-20T10:00:00.000' }],
  },
  {
    note: 'held within the month and still held; overdue',
    product: 'Bangku taman', quantity: 8, operator: 'OP-5',
    created: '2025-10-20T09:00:00.000', started: '2025-10-20T10:00:00.000', deadline: '2025-10-24T16:00:00.000',
    holds: [{ reason: 'machine', from: '2025-10-20T11:30:00.000' }],
    entries: [{ kind: 'good', quantity: 3, operator: 'OP-5', at: '2025-10-20T11:00:00.000' }],
  },
  {
    note: 'held from the first millisecond after the month',
    product: 'Bangku taman', quantity: 8, operator: 'OP-5',
    created: '2025-10-31T09:00:00.000', started: '2025-10-31T10:00:00.000', deadline: '2025-11-07T16:00:00.000',
    holds: [{ reason: 'machine', from: '2025-11-01T00:00:00.000' }],
  },
  {
    note: 'at work since the last night of the month',
    product: 'Nampan jati', quantity: 200, operator: 'OP-1',
    created: '2025-10-31T16:00:00.000', started: '2025-10-31T22:15:00.000', deadline: '2025-11-03T16:00:00.000',
    sessions: [{ operator: 'OP-1', from: '2025-10-31T22:15:00.000' }],
  },
  {
    note: 'an entry of September taken back in October; one of October in November',
    product: 'Nampan jati', quantity: 40, operator: 'OP-2',
    created: '2025-09-29T10:00:00.000', started: '2025-09-30T10:00:00.000', deadline: '2025-11-10T16:00:00.000',
    entries: [
      { kind: 'good', quantity: 9, operator: 'OP-2', at: '2025-09-30T15:00:00.000' },
      { kind: 'good', quantity: -9, operator: 'OP-2', at: '2025-10-01T08:00:00.000', reverses: 1 },
      { kind: 'scrap', quantity: 7, reason: 'operator', operator: 'OP-2', at: '2025-10-31T15:00:00.000' },
      { kind: 'scrap', quantity: -7, reason: 'operator', operator: 'OP-2', at: '2025-11-01T08:00:00.000', reverses: 3 },
    ],
  },
  {
    note: 'cancelled with something made already',
    product: 'Lemari sudut', quantity: 15, operator: 'OP-3',
    created: '2025-10-06T08:00:00.000', started: '2025-10-07T08:00:00.000',
    cancelled: '2025-10-08T12:00:00.000', deadline: '2025-10-09T16:00:00.000',
    holds: [{ reason: 'quality', from: '2025-10-08T10:00:00.000', to: '2025-10-08T12:00:00.000' }],
    entries: [
      { kind: 'good', quantity: 2, operator: 'OP-3', at: '2025-10-07T15:00:00.000' },
      { kind: 'scrap', quantity: 3, reason: 'quality', operator: 'OP-3', at: '2025-10-07T16:00:00.000' },
    ],
  },
  {
    note: 'nobody’s: made by a manager',
    product: 'Rak buku', quantity: 3,
    created: '2025-10-10T08:00:00.000', started: '2025-10-10T09:00:00.000',
    finished: '2025-10-10T11:00:00.001', deadline: '2025-10-11T16:00:00.000',
    entries: [
      { kind: 'good', quantity: 3, at: '2025-10-10T10:00:00.000' },
      { kind: 'scrap', quantity: 1, reason: 'other', at: '2025-10-10T10:30:00.000' },
    ],
  },
  {
    note: 'of an operator whom nobody told of',
    product: 'Rak buku', quantity: 2, operator: 'OP-6',
    created: '2025-10-13T08:00:00.000', started: '2025-10-13T09:00:00.000',
    finished: '2025-10-13T10:30:00.000', deadline: '2025-10-13T16:00:00.000',
    sessions: [{ operator: 'OP-6', from: '2025-10-13T09:00:00.000', to: '2025-10-13T10:30:00.000' }],
    entries: [{ kind: 'good', quantity: 2, operator: 'OP-6', at: '2025-10-13T10:00:00.000' }],
  },
  {
    note: 'created in the first millisecond of the month',
    product: 'Rak buku', quantity: 1, operator: 'OP-1',
    created: '2025-10-01T00:00:00.000', deadline: '2025-12-31T16:00:00.000',
  },
  {
    note: 'created in the last millisecond of the month',
    product: 'Rak buku', quantity: 1, operator: 'OP-1',
    created: '2025-10-31T23:59:59.999', deadline: '2025-12-31T16:00:00.000',
  },
  {
    note: 'created in the first millisecond after the month',
    product: 'Rak buku', quantity: 1, operator: 'OP-1',
    created: '2025-11-01T00:00:00.000', deadline: '2025-12-31T16:00:00.000',
  },
]
