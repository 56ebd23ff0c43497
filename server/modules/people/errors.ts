import { defineErrors } from '#platform/errors'

export const refuse = defineErrors({
  person_not_found: {
    kind: 'not_found',
    en: 'There is no such person.',
    id: 'Orang tersebut tidak ada.',
  },
})
