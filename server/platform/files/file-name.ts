const MAX_LENGTH = 255

/** What is left of a sender's name of a file when it may be neither a path nor a trick: a name for people to read. */
export function plainFileName(given: string): string {
  const last = given.toWellFormed().normalize('NFC').split(/[/\\]/).at(-1) ?? ''
  // Control characters, and those that turn the direction of the letters around.
  const visible = last.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}"]/gu, '').trim()
  const name = Array.from(visible).slice(0, MAX_LENGTH).join('')
  return /^\.*$/.test(name) ? 'file' : name
}

/** RFC 6266, with the name in ASCII for who knows no other. */
export function contentDisposition(kind: 'inline' | 'attachment', name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]|["\\%]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
  return `${kind}; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
