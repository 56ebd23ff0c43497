import type { InvgateComment, InvgateDesk, InvgateMove } from './contract.ts'
import { toDate, toFields, toFlag, toId, toInteger, toList, toText } from './decode.ts'
import { readHtml, toHtml } from './html.ts'
import type { Line, LineRequest } from './line.ts'
import { encodeForm } from './request-body.ts'
import { FILES_TIMEOUT_MS } from './timeouts.ts'
import { unreadable } from './unreadable.ts'

export function createRealTalk(line: Line): Pick<InvgateDesk, 'listComments' | 'comment' | 'move'> {
  return {
    async listComments(id) {
      const query = [['request_id', id]] as const
      const answer = await line.ask({ method: 'GET', path: 'incident.comment', query })
      return toList(answer).map((row) => readComment(toFields(row)))
    },
    async comment(id, { text, authorId, isPublic, isSolution, files }) {
      const pairs: [string, string][] = [
        ['request_id', id],
        ['comment', toHtml(text)],
        ['author_id', String(authorId)],
        ['customer_visible', isPublic ? '1' : '0'],
        ['is_solution', isSolution ? '1' : '0'],
      ]
      await line.ask({
        method: 'POST',
        path: 'incident.comment',
        body: encodeForm(pairs, files),
        ...(files.length === 0 ? {} : { timeoutMs: FILES_TIMEOUT_MS }),
      })
    },
    async move(id, move) {
      await line.ask(requestFor(id, move))
    },
  }
}

function requestFor(id: string, move: InvgateMove): LineRequest {
  const author = String(move.authorId)
  const comment: [string, string][] = move.comment === '' ? [] : [['comment', toHtml(move.comment)]]
  const asAuthor = encodeForm([['request_id', id], ['author_id', author], ...comment])
  switch (move.to) {
    case 'cancelled':
      return { method: 'POST', path: 'incident.cancel', body: asAuthor }
    case 'waiting_for_customer':
      return { method: 'POST', path: 'incident.waitingfor.customer', body: asAuthor }
    case 'open':
      return { method: 'PUT', path: 'incident.reopen', body: asAuthor }
    case 'accepted': {
      const body = encodeForm([['id', id], ['rating', String(move.rating)], ...comment])
      return { method: 'PUT', path: 'incident.solution.accept', body }
    }
    case 'not_accepted':
      return { method: 'PUT', path: 'incident.solution.reject', body: encodeForm([['id', id], ...comment]) }
  }
}

function readComment(fields: ReadonlyMap<string, unknown>): InvgateComment {
  const [id, createdAt] = [toId(fields.get('id')), toDate(fields.get('created_at'))]
  if (id === null || createdAt === null) throw unreadable('incident.comment')
  return {
    id,
    authorId: toInteger(fields.get('author_id')),
    ...readHtml(toText(fields.get('message'))),
    isPublic: toFlag(fields.get('customer_visible')),
    isSolution: toFlag(fields.get('is_solution')),
    createdAt,
  }
}
