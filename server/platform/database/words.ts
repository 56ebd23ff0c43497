/** Rows hold words that the program has written; another one is of a version that it does not know. */
export function knownWord<Word extends string>(words: readonly Word[], text: string, record: string): Word {
  const word = words.find((each) => each === text)
  if (word === undefined) throw new TypeError(`${record} has the unknown word ${text}`)
  return word
}
