import type { Clock } from '#platform/clock'
import { crashPoint } from '#platform/crash-point'
import { OutboundFailure } from '#platform/outbound/failure'
import type { OutboundHttp } from '#platform/outbound/outbound-http'
import type { DeliveryRow } from './delivery-queries.ts'
import { type Sealing, sign } from './secrets.ts'
import type { WebhookRow } from './webhook-queries.ts'

const TIMEOUT_MS = 10_000
const KEPT_CHARACTERS = 500
/** Enough for the characters that are kept, whatever they are. */
const READ_BYTES = KEPT_CHARACTERS * 4

export type Result = {
  readonly status: number | null
  readonly error: string | null
  readonly answer: string | null
}

type Parts = {
  readonly clock: Clock
  readonly sealing: Sealing
  readonly outbound: OutboundHttp
  readonly userAgent: string
}

export type Attempt = (webhook: WebhookRow, delivery: DeliveryRow) => Promise<Result>

/** Sends a delivery once, signed as Standard Webhooks has it, and never throws: what goes wrong is a result. */
export function createAttempt({ clock, sealing, outbound, userAgent }: Parts): Attempt {
  return async (webhook, { event_id: id, body }) => {
    const timestampSeconds = Math.floor(clock.now().getTime() / 1_000)
    const signature = signWith({ id, timestampSeconds, body })
    if (signature === null) {
      const error = 'the secret was sealed with another JWT_SECRET; make the webhook anew'
      return { status: null, error, answer: null }
    }
    crashPoint('webhook.before-send')
    const result = await send(signature)
    crashPoint('webhook.after-send')
    return result

    function signWith(message: { id: string; timestampSeconds: number; body: string }): string | null {
      try {
        return sign(sealing.unseal(webhook.id, webhook.sealed_secret), message)
      } catch {
        return null
      }
    }

    async function send(signed: string): Promise<Result> {
      try {
        const answer = await outbound.request({
          method: 'POST',
          url: webhook.url,
          headers: {
            'content-type': 'application/json',
            'user-agent': userAgent,
            'webhook-id': id,
            'webhook-timestamp': String(timestampSeconds),
            'webhook-signature': signed,
          },
          body,
          timeoutMs: TIMEOUT_MS,
          maxAnswerBytes: READ_BYTES,
        })
        return {
          status: answer.status,
          error: isSuccess(answer.status) ? null : `answered ${answer.status}`,
          answer: readable(answer.body),
        }
      } catch (error) {
        return { status: null, error: sayFailure(error), answer: null }
      }
    }
  }
}

export function isSuccess(status: number | null): boolean {
  return status !== null && status >= 200 && status < 300
}

function sayFailure(error: unknown): string {
  return error instanceof OutboundFailure ? `${error.code}: ${error.message}` : 'it could not be sent'
}

/** What every engine can keep: no NUL, no half characters. */
function readable(body: Buffer): string | null {
  const text = body.toString('utf8').replaceAll('\0', '\u{FFFD}').slice(0, KEPT_CHARACTERS).toWellFormed()
  return text === '' ? null : text
}
