/** The only way to ask for the time, so that a test can set it. */
export type Clock = {
  readonly now: () => Date
}

export const systemClock: Clock = { now: () => new Date() }
