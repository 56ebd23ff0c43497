/** The broker as the tools start it, for tests that start one of their own. */
type KafkaService = {
  readonly programs: { readonly java: string }
  /** Rejects while no broker answers there. */
  readonly answers: (address: string) => Promise<void>
  readonly prepare: (place: { readonly home: string }) => Promise<void>
  readonly command: (place: { readonly home: string; readonly port: number }) => Promise<[string, string[]]>
}

export const kafka: KafkaService
