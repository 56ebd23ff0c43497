import { Parser } from 'htmlparser2'

/** What is shown of the HTML of others; every attribute but the address of a link is dropped. */
const SHOWN = new Set(
  'a b blockquote br code div em h1 h2 h3 h4 hr i li ol p pre s span strong table tbody td th thead tr u ul'.split(
    ' ',
  ),
)
/** Tags that end without an end. */
const EMPTY = new Set(['br', 'hr'])
/** These begin and end a line. */
const BLOCKS = new Set('blockquote div h1 h2 h3 h4 hr li ol p pre table tr ul'.split(' '))
/** Whose contents are nothing to read. */
const SILENT = new Set(['script', 'style', 'head', 'title', 'template', 'iframe', 'noscript', 'svg', 'math'])

/** Nobody writes so many by hand; the time that tags take grows with the square of their number. */
const MOST_TAGS = 20_000

/** Plain text as HTML: blank lines part paragraphs. */
export function toHtml(text: string): string {
  return text
    .trim()
    .split(/(?:\r?\n){2,}/)
    .map((paragraph) => `<p>${escapeText(paragraph).replaceAll(/\r?\n/g, '<br>')}</p>`)
    .join('')
}

/** Reads the HTML of others: what is harmless of it as HTML, and as plain text. What follows too many tags is left out. */
export function readHtml(html: string): { readonly html: string; readonly text: string } {
  let shown = ''
  let text = ''
  let silent = 0
  const open: string[] = []
  const parser = new Parser({
    onopentag(name, attributes) {
      if (SILENT.has(name)) silent += 1
      if (silent > 0) return
      if (name === 'br' || BLOCKS.has(name)) text += '\n'
      if (name === 'li') text += '- '
      if (!SHOWN.has(name)) return
      shown += `<${name}${name === 'a' ? linkOf(attributes['href'] ?? '') : ''}>`
      if (!EMPTY.has(name)) open.push(name)
    },
    ontext(part) {
      if (silent > 0) return
      shown += escapeText(part)
      text += part
    },
    onclosetag(name) {
      if (SILENT.has(name)) silent = Math.max(0, silent - 1)
      if (silent > 0 || open.at(-1) !== name) return
      open.pop()
      shown += `</${name}>`
      if (BLOCKS.has(name)) text += '\n'
    },
  })
  parser.end(html.slice(0, endOf(html)))
  for (const name of open.toReversed()) shown += `</${name}>`
  return { html: shown.trim(), text: tidy(text) }
}

function tidy(text: string): string {
  return text
    .replaceAll('\u00A0', ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n')
}

/** Where the first tag stands that is one too many; the end where there is none. */
function endOf(html: string): number {
  let tags = 0
  for (const { index } of html.matchAll(/<[a-z/]/gi)) {
    tags += 1
    if (tags > MOST_TAGS) return index
  }
  return html.length
}

function linkOf(address: string): string {
  const url = URL.parse(address)
  const isSafe = url !== null && ['http:', 'https:', 'mailto:'].includes(url.protocol)
  return isSafe ? ` href="${escapeText(url.href)}" rel="noopener noreferrer nofollow"` : ''
}

function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}
