export const languages = ['en', 'id'] as const
export type Language = (typeof languages)[number]

/** One sentence in every language we speak; `{name}` stands for a detail of that name. */
export type Text = Readonly<Record<Language, string>>

/** The sentence in one language with its details filled in. */
export function say(text: Text, language: Language, details: Readonly<Record<string, unknown>> = {}): string {
  return text[language].replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = details[name]
    return typeof value === 'string' || typeof value === 'number' ? String(value) : placeholder
  })
}

/** Picks from an `Accept-Language` header (RFC 9110 §12.5.4) the language that the reader likes best. */
export function preferredLanguage(header: string | undefined, fallback: Language): Language {
  if (header === undefined) return fallback
  let best: Language = fallback
  let bestQuality = 0
  for (const range of header.split(',', 20)) {
    const [tag = '', ...parameters] = range.split(';')
    const primary = tag.trim().toLowerCase().split('-')[0]
    const language = languages.find((known) => known === primary)
    if (language === undefined) continue
    const weight = parameters
      .map((parameter) => parameter.trim())
      .find((parameter) => parameter.startsWith('q='))
    const quality = weight === undefined ? 1 : Number(weight.slice(2))
    if (quality > bestQuality) {
      best = language
      bestQuality = quality
    }
  }
  return best
}
