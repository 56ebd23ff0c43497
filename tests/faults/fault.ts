import type { Invariant } from '#tests/checker/violation'
import type { Scene } from './scene.ts'

/** A mistake that a relay, a reader or a timer could be built with, and a course of events in which it shows. */
export type Fault = {
  readonly title: string
  /** What the checker must find, and nothing else. */
  readonly expected: readonly Invariant[]
  /** Whether it shows at the broker. */
  readonly isAtBroker: boolean
  /** The same course with the mistake and without; some time later, whatever is left to do has been done. */
  readonly run: (scene: Scene, variant: 'right' | 'faulty') => Promise<void>
}

type Definition<Steps> = Pick<Fault, 'title' | 'expected'> & {
  readonly isAtBroker?: true
  /** The steps as the program does them. */
  readonly right: Steps
  readonly faulty: Steps
  readonly course: (scene: Scene, steps: Steps) => Promise<void>
}

export function defineFault<Steps>(definition: Definition<Steps>): Fault {
  const { title, expected, isAtBroker = false, course } = definition
  return {
    title,
    expected,
    isAtBroker,
    run: async (scene, variant) => await course(scene, definition[variant]),
  }
}
