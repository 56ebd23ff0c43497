/** How a demonstration says what it does, and stops at the first thing that is not as it was told. */
import { setTimeout as sleep } from 'node:timers/promises'

const LOOK_EVERY_MS = 50

export function checks(say) {
  return {
    scene: (title) => say(`\n${title}`),
    step: (text) => say(`  ✓ ${text}`),
    claim,
    must,
    until,
  }
}

function claim(isSo, otherwise) {
  if (!isSo) throw new Error(otherwise)
}

/** Asks a service and answers the body; anything but the expected status ends the story. */
async function must(status, service, question, options) {
  const answer = await service.ask(question, options)
  claim(
    answer.status === status,
    `${service.name}: ${question} answered ${answer.status} in place of ${status}: ${answer.text}`,
  )
  return answer.body
}

/** Looks again and again until there is something to see, and answers it. */
async function until(what, withinMs, look) {
  const endsAt = performance.now() + withinMs
  for (;;) {
    const seen = await look()
    if (seen !== undefined) return seen
    claim(performance.now() < endsAt, `it did not come to be within ${withinMs} ms that ${what}`)
    await sleep(LOOK_EVERY_MS)
  }
}
