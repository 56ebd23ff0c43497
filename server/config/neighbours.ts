import type { Reader } from './reader.ts'

type Facts = {
  /** Those that run here. */
  readonly modules: readonly string[]
  /** Whether nothing is left to run elsewhere. */
  readonly isWhole: boolean
}

/** Says what would keep a service from working with those that run the other modules (T6); nothing of it stops the start. */
export function warnOfNeighbours({ spelling, warnings }: Reader, { modules, isWhole }: Facts): void {
  const hasIdentity = modules.includes('identity')
  const hasBroker = (spelling('NATS_URL') ?? spelling('KAFKA_BROKERS')) !== null
  if (isWhole) return
  if (spelling('JWT_SECRET') === null && !hasIdentity)
    warnings.push(
      'JWT_SECRET is not set: tokens signed outside this data folder are refused; give all services the same JWT_SECRET',
    )
  if (spelling('JWT_SECRET') === null && hasIdentity && hasBroker)
    warnings.push(
      'JWT_SECRET is not set: no other service trusts the tokens of this one; give all services the same JWT_SECRET',
    )
  if (!hasIdentity && !hasBroker)
    warnings.push(
      'NATS_URL is not set and identity does not run here: unless it runs on this database, nobody is known here',
    )
  if (!hasIdentity && spelling('ADMIN_EMAIL') !== null)
    warnings.push('ADMIN_EMAIL is ignored: accounts are made where identity runs')
}
