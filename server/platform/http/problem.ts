import { databaseFailure } from '../database/failure.ts'
import {
  AppError,
  defineErrors,
  type ErrorDetails,
  type ErrorKind,
  type FieldError,
  refuse,
} from '../errors.ts'
import { type Language, say, type Text } from '../language.ts'

const STATUS: Readonly<Record<ErrorKind, number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  stale: 412,
  too_large: 413,
  unsupported: 415,
  unprocessable: 422,
  too_many: 429,
  upstream: 502,
  unavailable: 503,
}

const TITLES: Readonly<Record<number, Text>> = {
  400: { en: 'Bad Request', id: 'Permintaan Salah' },
  401: { en: 'Unauthorized', id: 'Belum Masuk' },
  403: { en: 'Forbidden', id: 'Dilarang' },
  404: { en: 'Not Found', id: 'Tidak Ditemukan' },
  409: { en: 'Conflict', id: 'Bertentangan' },
  412: { en: 'Precondition Failed', id: 'Prasyarat Gagal' },
  413: { en: 'Content Too Large', id: 'Isi Terlalu Besar' },
  415: { en: 'Unsupported Media Type', id: 'Jenis Isi Tidak Didukung' },
  422: { en: 'Unprocessable Content', id: 'Isi Tidak Dapat Diproses' },
  429: { en: 'Too Many Requests', id: 'Terlalu Banyak Permintaan' },
  500: { en: 'Internal Server Error', id: 'Kesalahan Server' },
  502: { en: 'Bad Gateway', id: 'Sistem Luar Gagal' },
  503: { en: 'Service Unavailable', id: 'Layanan Tidak Tersedia' },
}

const UNEXPECTED: Text = {
  en: 'Something went wrong on our side.',
  id: 'Terjadi kesalahan di pihak kami.',
}

export const refuseRequest = defineErrors({
  invalid_json: { kind: 'invalid', en: 'invalid JSON body', id: 'isi JSON tidak valid' },
  bad_request: { kind: 'invalid', en: 'The request is malformed.', id: 'Bentuk permintaan salah.' },
  body_too_large: {
    kind: 'too_large',
    en: 'The request body is too large.',
    id: 'Isi permintaan terlalu besar.',
  },
  unsupported_media_type: {
    kind: 'unsupported',
    en: 'The body must be sent as application/json.',
    id: 'Isi harus dikirim sebagai application/json.',
  },
  route_not_found: { kind: 'not_found', en: 'There is nothing here.', id: 'Tidak ada apa pun di sini.' },
})

/** Fastify's own refusals, in our words. */
const FASTIFY_CODES: Readonly<Record<string, Parameters<typeof refuseRequest>[0]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_BAD_URL: 'bad_request',
  // A part of a path that is longer than any id of ours.
  FST_ERR_MAX_PARAM_LENGTH: 'route_not_found',
}

/** The refusal that an error amounts to, or null when nobody foresaw it. */
export function refusalOf(error: unknown): AppError | null {
  if (error instanceof AppError) return error
  const failure = databaseFailure(error)
  if (failure === 'unavailable' || failure === 'busy' || failure === 'conflict') {
    return refuse('unavailable', { retryAfterSeconds: 1, cause: error })
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known = FASTIFY_CODES[code]
  if (known !== undefined) return refuseRequest(known)
  return error instanceof SyntaxError && 'statusCode' in error ? refuseRequest('invalid_json') : null
}

export type Circumstances = {
  readonly language: Language
  readonly instance: string
  readonly requestId: string
}

type ProblemFieldError = { readonly pointer: string; readonly code: string; readonly message: string }

/** RFC 9457 problem details, with what contract C3 adds to them. */
export type Problem = ErrorDetails & {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly instance: string
  readonly code: string
  readonly error: string
  readonly request_id: string
  readonly errors?: readonly ProblemFieldError[]
}

/** `null` stands for an error that nobody foresaw: the client learns nothing of it but the request's id. */
export function createProblem(
  refusal: AppError | null,
  { language, instance, requestId }: Circumstances,
): Problem {
  const status = refusal === null ? 500 : STATUS[refusal.kind]
  const code = refusal?.code ?? 'internal'
  const detail = refusal?.sentence(language) ?? UNEXPECTED[language]
  const fields = refusal?.fields ?? []
  return {
    ...refusal?.details,
    type: `urn:karya:error:${code}`,
    title: (TITLES[status] ?? UNEXPECTED)[language],
    status,
    detail,
    instance,
    code,
    error: detail,
    request_id: requestId,
    ...(fields.length === 0 ? {} : { errors: fields.map((field) => toFieldProblem(field, language)) }),
  }
}

function toFieldProblem({ pointer, code, text, details }: FieldError, language: Language): ProblemFieldError {
  return { pointer, code, message: say(text, language, details) }
}
