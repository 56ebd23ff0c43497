import { parseJson } from './parameters.ts'

export type Asked = {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly json: unknown
}

export type Asking = {
  readonly query?: string
  readonly form?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly multipart?: FormData
  readonly authorization?: string | null
  readonly timeoutMs?: number
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`

/** Asks as plainly as can be, with the user of the tests unless told otherwise. */
export async function ask(url: string, method: string, asking: Asking = {}): Promise<Asked> {
  const { query = '', form, json, multipart, authorization = basic('api', 'sim-password') } = asking
  const response = await fetch(`${url}${query}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(json === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body:
      multipart ??
      (form === undefined ? null : new URLSearchParams(form)) ??
      (json === undefined ? null : JSON.stringify(json)),
    signal: AbortSignal.timeout(asking.timeoutMs ?? 10_000),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parseJson(text) }
}
