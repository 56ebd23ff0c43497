/**
 * What no published page and no instance has told, made concrete. To be corrected here once a real instance answers.
 */
export const guesses = {
  unauthorized: 'Unauthorized',
  forbidden: 'Forbidden',
  notFound: 'Not found',
  wrongMethod: 'Method not allowed',
  tooMany: 'Too many requests',
  created: 'The request was created.',
  duplicateEmail: 'The email is already in use.',
  duplicateEmailCode: 1,
  unknownReferenceCode: 2,
  unknownUser: 'User not found.',
  unknownRequest: 'The request does not exist.',
  noStatusGiven: 'A status must be provided.',
  noPersonGiven: 'A user must be provided.',
  ratingNeedsComment: 'A comment is required for that rating.',
  invalidClient: 'invalid_client',
  /** Rows on a page of the lists by customer and by agent when no limit is named. */
  keysetLimit: 100,
  usersPageSize: 10,
  /** A comment that says nothing of it is public. */
  defaultCustomerVisible: true,
  /** Statuses that the lists by customer and by agent call open. */
  openStatuses: [1, 2, 3, 4],
} as const

export function missingParameter(name: string, language: 'en' | 'es'): string {
  return language === 'es' ? `El parámetro '${name}' es requerido.` : `The parameter '${name}' is required.`
}

export function invalidParameter(
  { name, type }: { readonly name: string; readonly type: 'ARRAY' | 'INTEGER' | 'KEY' },
  language: 'en' | 'es',
): string {
  return language === 'es'
    ? `El parámetro '${name}' no es un ${type} válido.`
    : `The parameter '${name}' is not a valid ${type}.`
}
