/** Ends a request with a status that is not 200. */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'Refusal'
    this.status = status
  }
}

/** What goes over the wire. */
export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
}

/** JSON as PHP writes it, with the slash escaped. */
export function jsonAnswer(
  body: unknown,
  { status = 200, headers = {} }: Partial<Omit<Answer, 'body'>> = {},
): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body).replaceAll('/', '\\/'),
  }
}

export function refusalAnswer(
  { status, message }: Pick<Refusal, 'status' | 'message'>,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return jsonAnswer({ error: message, status }, { status, headers })
}

export function htmlAnswer(status: number, headers: Readonly<Record<string, string>> = {}): Answer {
  const title = status === 401 ? 'Sign in' : `Error ${status}`
  return {
    status,
    headers: { 'content-type': 'text/html; charset=UTF-8', ...headers },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  }
}

/** A failure that comes with the status 200. */
export function businessError(info: string, code?: number): object {
  return { status: 'ERROR', info, error: info, ...(code === undefined ? {} : { code }) }
}

/** A map as PHP writes it: an empty one becomes an empty list. */
export function phpMap(entries: readonly (readonly [string, unknown])[]): object {
  return entries.length === 0 ? [] : Object.fromEntries(entries)
}

/** Every number below becomes a string, as old instances answer. */
export function numbersAsStrings(value: unknown): unknown {
  if (typeof value === 'number') return String(value)
  if (Array.isArray(value)) return value.map(numbersAsStrings)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, numbersAsStrings(each)]))
}
