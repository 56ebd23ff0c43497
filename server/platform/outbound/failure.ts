/**
 * `invalid_url`: not http or https, or with a user; `refused_address`: not of the public internet; `timeout`: no
 * answer in time; `unreachable`: no connection, or one that broke.
 */
export type OutboundFailureCode = 'invalid_url' | 'refused_address' | 'timeout' | 'unreachable'

/** There is no answer. The message repeats nothing of the URL or the headers, which may hold secrets. */
export class OutboundFailure extends Error {
  readonly code: OutboundFailureCode
  /** Whether the receiver may have got the request nevertheless, so that to repeat it could do the work twice. */
  readonly mayHaveArrived: boolean

  constructor(
    code: OutboundFailureCode,
    message: string,
    { mayHaveArrived = false, cause }: { readonly mayHaveArrived?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, { cause })
    this.name = 'OutboundFailure'
    this.code = code
    this.mayHaveArrived = mayHaveArrived
  }
}
