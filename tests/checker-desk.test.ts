import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  type DeskEvidence,
  type DeskViolation,
  judgeDesk,
  type SeenAnswer,
  type SeenIncident,
  type SeenTicket,
  statusesAtInvgate,
} from '#tests/checker/desk'
import { toPlain } from '#tests/checker/desk-evidence'

const ticket: SeenTicket = {
  id: 'a',
  number: 'TCK-000001',
  reference: 'Karya TCK-000001 abcd',
  title: 'Bocor',
  invgateId: '7',
  status: 'solved',
  pendingReason: null,
  rating: null,
  syncState: 'synced',
}
const incident: SeenIncident = {
  id: 7,
  title: 'Bocor',
  text: 'Air menetes\n[Karya: Karya TCK-000001 abcd]',
  statusId: 5,
  rating: null,
  comments: [
    { text: 'Ada kabar?', isPublic: true },
    { text: 'Diganti.', isPublic: true },
    { text: 'Pelanggan lama.', isPublic: false },
  ],
}
const answer: SeenAnswer = {
  title: 'Bocor',
  status: 201,
  ticketId: 'a',
  invgateId: '7',
  code: null,
  error: null,
}
const broken = { ...answer, status: null, ticketId: null, invgateId: null }
const refused = {
  ...answer,
  status: 502,
  invgateId: null,
  syncState: 'failed',
  error: 'armmada error: 422 no',
}
const message = { ticketId: 'a', hasKey: true } as const
const reply = { ...message, kind: 'reply', text: 'Ada kabar?' }
const note = { ...message, kind: 'note', text: 'Pelanggan lama.' }
const whole: DeskEvidence = {
  mode: 'sync',
  tickets: [ticket],
  messages: [
    reply,
    { ...message, kind: 'solution', text: 'Diganti.' },
    note,
    { ...message, kind: 'note', text: 'Hanya untuk meja.', hasKey: false },
  ],
  incidents: [incident],
  accounts: ['api@invgate.example', 'siti@karya.test'],
  answers: [answer],
  writes: [{ what: 'customer /messages', status: 201, text: '' }],
  said: [{ title: 'Bocor', text: 'Ada kabar?' }],
}

describe('the checker of tickets and incidents', () => {
  const fine: readonly [string, Partial<DeskEvidence>][] = [
    ['every kind of record', {}],
    ['a ticket whose caller was refused', { answers: [refused] }],
    ['a timeout', { answers: [{ ...refused, error: 'context deadline exceeded' }] }],
    [
      'a request that was repeated when its process had gone',
      {
        answers: [broken, { ...broken, status: 409, code: 'idempotency_key_in_use' }, refused],
      },
    ],
    ['a move that came too late', { writes: [{ what: 'agent /status', status: 409, text: '' }] }],
    [
      'tickets that are told InvGate afterwards',
      { mode: 'deferred', answers: [{ ...answer, invgateId: null }] },
    ],
  ]
  for (const [name, change] of fine)
    it(`finds nothing wrong with ${name}`, () => assert.deepEqual(judgeDesk({ ...whole, ...change }), []))

  const faults: readonly [string, DeskViolation['promise'], Partial<DeskEvidence>][] = [
    ['a ticket that is lost', 'kept', { tickets: [], messages: [], incidents: [], said: [] }],
    ['a ticket that was kept twice', 'kept', { answers: [answer, { ...answer, ticketId: 'b' }] }],
    ['a ticket that nobody has asked for', 'kept', { answers: [] }],
    ['an incident that was never made', 'pairs', { incidents: [] }],
    ['an incident that was made twice', 'pairs', { incidents: [incident, { ...incident, id: 8 }] }],
    ['an incident without a ticket', 'pairs', { incidents: [incident, { ...incident, id: 8, text: '' }] }],
    ['a reference that only begins alike', 'pairs', { incidents: [{ ...incident, text: 'abcde]' }] }],
    [
      'a ticket that takes another incident for its own',
      'pairs',
      { tickets: [{ ...ticket, invgateId: '9' }] },
    ],
    ['a ticket that waits for ever', 'pairs', { tickets: [{ ...ticket, syncState: 'uncertain' }] }],
    ['two states', 'states', { incidents: [{ ...incident, statusId: 2 }] }],
    ['a rating that did not arrive', 'states', { tickets: [{ ...ticket, rating: 4 }] }],
    [
      'a reply that was said twice',
      'messages',
      {
        incidents: [
          { ...incident, comments: [{ text: 'Ada kabar?', isPublic: true }, ...incident.comments] },
        ],
      },
    ],
    ['a reply that was taken in twice', 'messages', { messages: [...whole.messages, { ...reply }] }],
    [
      'a note that has left',
      'messages',
      {
        incidents: [
          { ...incident, comments: [...incident.comments, { text: 'Hanya untuk meja.', isPublic: true }] },
        ],
      },
    ],
    [
      'a note of InvGate that everybody sees',
      'messages',
      { messages: [...whole.messages.filter((each) => each !== note), { ...note, kind: 'reply' }] },
    ],
    ['words that were acknowledged and are gone', 'messages', { said: [{ title: 'Bocor', text: 'Halo' }] }],
    ['an error of our own', 'answers', { answers: [{ ...answer, status: 500 }] }],
    ['a refusal in other words', 'answers', { answers: [{ ...refused, error: 'Bad Gateway' }] }],
    ['a refusal that names no ticket', 'answers', { answers: [{ ...refused, ticketId: null }, answer] }],
    ['a success that is none yet', 'answers', { answers: [{ ...answer, invgateId: null }] }],
    ['a caller that has waited for InvGate', 'answers', { mode: 'deferred', answers: [refused] }],
    [
      'a key in use by nobody',
      'answers',
      { answers: [{ ...broken, status: 409, code: 'idempotency_key_in_use' }, answer] },
    ],
    ['a write that failed', 'answers', { writes: [{ what: 'customer /messages', status: 500, text: '' }] }],
    ['two accounts of one person', 'accounts', { accounts: ['siti@karya.test', 'Siti@karya.test'] }],
  ]
  for (const [name, promise, change] of faults)
    it(`finds ${name}`, () => {
      const found = judgeDesk({ ...whole, ...change }).map((violation) => violation.promise)
      assert.ok(found.includes(promise), `only ${found.join()} were found`)
    })

  it('knows which statuses say the same, and that none says everything', () => {
    for (const status of ['new', 'open', 'pending', 'solved', 'closed', 'cancelled']) {
      const ids = statusesAtInvgate({ status, pendingReason: 'customer', rating: 5 })
      assert.ok(ids.length > 0 && ids.length < 3, status)
    }
    assert.deepEqual(statusesAtInvgate({ status: 'unheard of', pendingReason: null, rating: null }), [])
  })

  it('reads the text of HTML as it is shown', () => {
    assert.equal(toPlain('<p>Air &lt;dari&gt;<br>bawah</p><p>&amp;lt;</p>'), 'Air <dari>\nbawah\n&lt;')
  })
})
