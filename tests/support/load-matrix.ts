import process from 'node:process'
import { describe } from 'node:test'
import { type Backend, engines } from './backends.ts'
import { carriers, type TestCarrier } from './load-carriers.ts'

export type Combination = {
  readonly backend: Backend
  readonly carrier: TestCarrier
  /** `sqlite+in-process`, as the argument spells it. */
  readonly spelling: string
}

/**
 * Runs the same tests for some combinations of engine and carrier: those named here, or those that the variable
 * `COMBINATIONS` names (`sqlite+nats,postgres+kafka`, or `all`).
 */
export function onCombinations(
  usual: readonly string[],
  title: string,
  define: (combination: Combination) => void,
): void {
  const asked = process.env['COMBINATIONS']
  const wanted = asked === undefined || asked === '' ? usual : asked.toLowerCase().split(',')
  for (const backend of engines) {
    for (const carrier of carriers) {
      const spelling = `${backend.engine}+${carrier.name}`.toLowerCase()
      if (!wanted.includes('all') && !wanted.includes(spelling)) continue
      const missing = backend.missing ?? carrier.missing
      describe(`${title} (${backend.name}, ${carrier.name})`, { skip: missing ?? false }, () =>
        define({ backend, carrier, spelling }),
      )
    }
  }
}
