/** The command was called in a way that it cannot follow. */
export class UsageError extends Error {
  readonly code = 'usage'
}
