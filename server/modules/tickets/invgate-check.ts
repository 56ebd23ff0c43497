import { createOutboundHttp } from '#platform/outbound/outbound-http'
import type { Log } from '#platform/telemetry/log'
import { createInvgateDesk } from './invgate/desk.ts'
import { InvgateFailure } from './invgate/failure.ts'
import type { InvgateOptions } from './invgate-bridge.ts'

/** Asks InvGate something that changes nothing; null when it answers, or else why not. */
export async function checkInvgate({
  options,
  log,
}: {
  readonly options: InvgateOptions
  readonly log: Log
}): Promise<string | null> {
  const { mode: _, pollSeconds: __, allowPrivate, ...address } = options
  try {
    await createInvgateDesk({ ...address, http: createOutboundHttp({ allowPrivate, log }) }).check()
    return null
  } catch (error) {
    if (error instanceof InvgateFailure) return error.message
    throw error
  }
}
