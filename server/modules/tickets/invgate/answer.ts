import { unescape } from 'node:querystring'
import type { OutboundAnswer } from '#platform/outbound/outbound-http'
import { parseJson, toFields, toText } from './decode.ts'
import { InvgateFailure } from './failure.ts'
import { readHtml } from './html.ts'

const MAX_MESSAGE_BYTES = 1_024
/** Of what InvGate says, in characters. */
const MOST_READ = 65_536
/** In place of words that hold a secret in disguise. */
const REPEATED = 'InvGate repeated the sign-in in its answer'

type Reading = {
  /** Nothing is done by a request that only reads. */
  readonly isReading: boolean
  /** Never repeated in a message. */
  readonly secrets: readonly string[]
}

/** What InvGate says: the JSON of a 2xx that is no failure, or null for a record that is not there. */
export function readAnswer(answer: OutboundAnswer, { isReading, secrets }: Reading): unknown {
  const { status, body, isWhole } = answer
  const text = body.toString()
  const json = parseJson(text)
  const fields = toFields(json)
  if (status === 404 && isReading && isOwnAnswer(fields)) return null
  if (status < 200 || status > 299) {
    const said = toText(fields.get('error')) || readHtml(hide(text, secrets)).text || 'no reason given'
    throw new InvgateFailure({
      code: status >= 500 ? 'unreachable' : 'refused',
      message: clean(`${status} ${said}`, secrets),
      // Behind a 5xx, and a 408 of a proxy, the work may be done all the same.
      mayBeDone: !isReading && (status >= 500 || status === 408),
      status,
      retryAfterMs: retryAfterOf(answer),
    })
  }
  if (!isWhole || json === undefined) {
    throw new InvgateFailure({
      code: 'unreadable',
      message: 'InvGate answered something that is no JSON',
      mayBeDone: !isReading,
      status,
    })
  }
  const said = fields.get('status')
  if (typeof said === 'string' && said.toUpperCase() !== 'OK' && !isTicket(fields)) {
    const reason = toText(fields.get('error')) || toText(fields.get('info')) || said
    throw new InvgateFailure({ code: 'refused', message: clean(reason, secrets), mayBeDone: false, status })
  }
  return json === false ? null : json
}

/** In the simple dialect a ticket has a status of its own. */
function isTicket(fields: ReadonlyMap<string, unknown>): boolean {
  return fields.has('id') && fields.has('title')
}

/** A 404 in InvGate's form; any other is a wrong address. */
function isOwnAnswer(fields: ReadonlyMap<string, unknown>): boolean {
  return fields.has('error')
}

function retryAfterOf({ headers }: OutboundAnswer): number | null {
  const text = headers['retry-after']
  if (text === undefined) return null
  if (/^\d{1,6}$/.test(text)) return Number(text) * 1_000
  const at = Date.parse(text)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}

function clean(message: string, secrets: readonly string[]): string {
  return Buffer.from(hide(message, secrets))
    .subarray(0, MAX_MESSAGE_BYTES)
    .toString()
    .replaceAll('\uFFFD', '')
}

function hide(message: string, secrets: readonly string[]): string {
  const parts = secrets.flatMap((secret) => [secret, secret.replace(/^(basic|bearer) /i, '')])
  let text = message.slice(0, MOST_READ)
  for (const part of parts) text = text.replaceAll(part, '***')
  text = text.replaceAll(/\b(basic|bearer)\s+[\w+/=.-]{6,}/gi, '$1 ***')
  return spellingsOf(text).some((each) => parts.some((part) => each.includes(part))) ? REPEATED : text
}

/** What somebody could read out of a text besides what it is: from HTML, JSON or an address in it. */
function spellingsOf(text: string): string[] {
  const asForm = unescape(text.replaceAll('+', ' '))
  return [readHtml(text).text, text.replaceAll(/\\(.)/g, '$1'), unescape(text), asForm]
}
