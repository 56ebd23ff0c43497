/** What examples and tutorials put where a secret belongs, folded as `fold` does it. */
const PHRASES = [
  'changeme',
  'changethis',
  'changeit',
  'pleasechange',
  'replaceme',
  'replacethis',
  'replacewith',
  'yoursecret',
  'yoursupersecret',
  'yourjwtsecret',
  'your256bit',
  'yourverysecret',
  'yourkey',
  'supersecret',
  'mysecret',
  'jwtsecretkey',
  'placeholder',
  'example',
  'insecure',
  'notasecret',
  'donotuse',
  'keyboardcat',
  'abcdefghijklmnopqrstuvwxyz',
]
const WORDS: ReadonlySet<string> = new Set([
  'secret',
  'jwtsecret',
  'password',
  'default',
  'test',
  'dev',
  'admin',
])
const FEWEST_CHARACTERS = 8

/** Whether everybody who has read a tutorial could guess this secret. */
export function isPlaceholder(secret: string): boolean {
  const folded = secret.toLowerCase().replace(/[^a-z\d]/g, '')
  return (
    new Set(secret).size < FEWEST_CHARACTERS ||
    isRepetition(secret) ||
    PHRASES.some((phrase) => folded.includes(phrase)) ||
    WORDS.has(folded.replace(/\d+$/, ''))
  )
}

/** Whether the whole text is one shorter text again and again, its last turn cut anywhere. */
function isRepetition(text: string): boolean {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return true
  }
  return false
}
