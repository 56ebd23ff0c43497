/** What carries events between services in a journey; nothing of it is shared with another test. */
export type TestCarrier = {
  readonly name: 'in-process' | 'NATS' | 'Kafka'
  /** Why it cannot be used here; null when it can. */
  readonly missing: string | null
  readonly provide: () => Promise<TestBroker>
}

export type TestBroker = {
  /** For each process of the server. */
  readonly environment: Readonly<Record<string, string>>
  readonly remove: () => Promise<void>
}

export const inProcess: TestCarrier = {
  name: 'in-process',
  missing: null,
  provide: async () => ({ environment: {}, remove: async () => {} }),
}
