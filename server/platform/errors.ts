import { type Language, say, type Text } from './language.ts'

/** What went wrong, in the terms of the business; `platform/http` alone turns a kind into a status. */
export const errorKinds = [
  'invalid',
  'unauthenticated',
  'forbidden',
  'not_found',
  'conflict',
  'stale',
  'too_large',
  'unsupported',
  'unprocessable',
  'too_many',
  'upstream',
  'unavailable',
] as const
export type ErrorKind = (typeof errorKinds)[number]

/** One thing that is wrong with the input, at a JSON pointer (RFC 6901) into the body, or a parameter's name. */
export type FieldError = {
  readonly pointer: string
  readonly code: string
  readonly text: Text
  readonly details?: Readonly<Record<string, unknown>>
}

export type ErrorDetails = Readonly<Record<string, unknown>>

type Refusal = {
  readonly kind: ErrorKind
  readonly code: string
  readonly text: Text
  readonly details?: ErrorDetails
  readonly fields?: readonly FieldError[]
  readonly retryAfterSeconds?: number
  readonly cause?: unknown
}

/** Thrown to refuse. Its details are facts for the client and are answered as they are, so they hold no secret. */
export class AppError extends Error {
  readonly kind: ErrorKind
  readonly code: string
  readonly text: Text
  readonly details: ErrorDetails
  readonly fields: readonly FieldError[]
  readonly retryAfterSeconds: number | undefined

  constructor(refusal: Refusal) {
    super(say(refusal.text, 'en', refusal.details), { cause: refusal.cause })
    this.name = 'AppError'
    this.kind = refusal.kind
    this.code = refusal.code
    this.text = refusal.text
    this.details = refusal.details ?? {}
    this.fields = refusal.fields ?? []
    this.retryAfterSeconds = refusal.retryAfterSeconds
  }

  /** Whether the same request may succeed later without any change to it. */
  get retryable(): boolean {
    return this.kind === 'unavailable' || this.kind === 'too_many'
  }

  sentence(language: Language): string {
    return say(this.text, language, this.details)
  }
}

type ErrorTable = Readonly<Record<string, Text & { readonly kind: ErrorKind }>>
type ErrorFacts = Pick<Refusal, 'details' | 'fields' | 'retryAfterSeconds' | 'cause'>

/**
 * Everything that a part of the system can refuse, told once: the code, its kind and its sentence.
 * `throw refuse('insufficient_stock', { details: { available } })`
 */
export function defineErrors<const Table extends ErrorTable>(table: Table) {
  return function refuse(code: keyof Table & string, facts: ErrorFacts = {}): AppError {
    const { kind, en, id } = table[code] ?? unknownCode(code)
    return new AppError({ kind, code, text: { en, id }, ...facts })
  }
}

function unknownCode(code: string): never {
  throw new TypeError(`no error is defined with the code ${code}`)
}

/** The refusals that any part may need. */
export const refuse = defineErrors({
  invalid_input: { kind: 'invalid', en: 'The request is not valid.', id: 'Permintaan tidak valid.' },
  not_found: { kind: 'not_found', en: 'Not found.', id: 'Tidak ditemukan.' },
  forbidden: {
    kind: 'forbidden',
    en: 'You are not allowed to do this.',
    id: 'Anda tidak diizinkan melakukan ini.',
  },
  stale: {
    kind: 'stale',
    en: 'The record has changed since you read it.',
    id: 'Data telah berubah sejak Anda membacanya.',
  },
  unavailable: {
    kind: 'unavailable',
    en: 'The service is busy. Please try again shortly.',
    id: 'Layanan sedang sibuk. Silakan coba lagi sebentar lagi.',
  },
})

/** What is wrong with each field, in English, for those who call by no request. */
export function explainFields({ fields }: AppError): string[] {
  return fields.map(
    ({ pointer, text, details }) => `${pointer.replace(/^\//, '')} ${say(text, 'en', details)}`,
  )
}

/** Refuses the whole request because of one field. */
export function invalidField(field: FieldError): AppError {
  return refuse('invalid_input', { fields: [field] })
}
