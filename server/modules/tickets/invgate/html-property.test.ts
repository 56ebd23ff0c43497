import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { readHtml, toHtml } from './html.ts'

const NAMES =
  'p b i a div span table tr td li ul br hr pre code h1 blockquote script style svg math template noscript iframe object ' +
  'embed form input button base meta link img video audio textarea title head body html xmp plaintext noembed noframes ' +
  'select option foreignobject annotation-xml mglyph mtext desc frameset marquee details dialog portal x-own a:b'
const SCHEMES = [
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'java\nscript:alert(1)',
  'java&#x09;script:alert(1)',
  'javascript&colon;alert(1)',
  '&#106;&#97;vascript:alert(1)',
  '&#x6A&#x61vascript:alert(1)',
  '\u0001javascript:alert(1)',
  ' \r\njavascript:alert(1)',
  'javascript://https://x.test/%0aalert(1)',
  'vbscript:msgbox(1)',
  'VBSCRIPT:msgbox(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:text/html;base64,PHNjcmlwdD4=',
  'view-source:javascript:alert(1)',
  'feed:javascript:alert(1)',
  'blob:https://x.test/1',
  'file:///etc/passwd',
  'about:blank',
  '//x.test/',
  '/relative',
  '',
  'https://x.test/?a="><script>alert(1)</script>',
  "https://x.test/' onmouseover='alert(1)",
  'https://x.test/&quot; onclick=&quot;alert(1)',
  'https://x.test/ok',
  'mailto:a@x.test?subject="<b>',
]
const RAGS = [
  '<',
  '>',
  '</',
  '/>',
  '<!--',
  '-->',
  '--!>',
  '<!>',
  '<!-->',
  '<![CDATA[',
  ']]>',
  '<?php',
  '?>',
  '<!DOCTYPE html>',
  '</script>',
  '</style >',
  '</noscript>',
  '</textarea>',
  '</svg>',
  '</p>',
  '</br>',
  '<br/ >',
  '<<b>',
  '<script',
  '<a href=',
  '<a/href="javascript:alert(1)"/onclick=alert(1)>',
  '<img src=x onerror=alert(1)//',
  '"',
  "'",
  '`',
  '=',
  '&',
  '&lt;script&gt;',
  '&lt',
  '&amp;lt;img src=x onerror=alert(1)&amp;gt;',
  '&#60;svg/onload=alert(1)&#62;',
  '&#0;',
  '&#xD800;',
  '\0',
  '\u2028',
  '\uFFFE',
  '￼',
  '＜script＞',
  '<p title="',
  '<svg><p><style><g title="</style><img src onerror=alert(1)>">',
  '<math><annotation-xml encoding="text/html">',
]

const attribute = fc.tuple(
  fc.constantFrom(
    'href',
    'HREF',
    'src',
    'onclick',
    'onerror',
    'style',
    'srcdoc',
    'xlink:href',
    'formaction',
    'rel',
    'is',
    'id',
  ),
  fc.constantFrom(...SCHEMES, 'alert(1)', 'x" y="z', 'expression(alert(1))'),
  fc.constantFrom('"', "'", ''),
)
type Piece = string
const { piece } = fc.letrec<{ piece: Piece; element: Piece }>((tie) => ({
  piece: fc.oneof(
    { maxDepth: 8, depthIdentifier: 'piece' },
    fc.oneof(fc.string(), fc.constantFrom(...RAGS)),
    tie('element'),
    fc.array(tie('piece'), { maxLength: 5, depthIdentifier: 'piece' }).map((pieces) => pieces.join('')),
  ),
  element: fc
    .record({
      name: fc.constantFrom(...NAMES.split(' ')),
      isLoud: fc.boolean(),
      attributes: fc.array(attribute, { maxLength: 3 }),
      inner: fc.array(tie('piece'), { maxLength: 4, depthIdentifier: 'piece' }),
      end: fc.constantFrom('own', 'own', 'none', 'other', 'twice'),
      other: fc.constantFrom(...NAMES.split(' ')),
    })
    .map(({ name: plain, isLoud, attributes, inner, end, other }) => {
      const name = isLoud ? plain.toUpperCase() : plain
      const given = attributes.map(([key, value, quote]) => ` ${key}=${quote}${value}${quote}`).join('')
      const ends = { own: `</${name}>`, none: '', other: `</${other}>`, twice: `</${name}></${name} x>` }
      return `<${name}${given}>${inner.join('')}${ends[end]}`
    }),
}))

const HARMLESS = new Set(
  'a b blockquote br code div em h1 h2 h3 h4 hr i li ol p pre s span strong table tbody td th thead tr u ul'.split(
    ' ',
  ),
)
const TOKEN =
  /<(\/?)([a-z][a-z0-9]*)(?: href="([^"<>]*)" rel="noopener noreferrer nofollow")?>|&(?:amp|lt|gt|quot|#39);|[^<>&"']/gy

/** Reads by a grammar of its own, narrower than that of HTML: whatever is not plainly harmless does not fit. */
function assertHarmless(html: string): void {
  const open: string[] = []
  let at = 0
  for (const [token, slash, name, href] of html.matchAll(TOKEN)) {
    at += token.length
    if (name === undefined) continue
    assert.ok(HARMLESS.has(name), `<${name}> in ${html}`)
    assert.ok(href === undefined || (name === 'a' && slash === ''), html)
    if (href !== undefined) assert.match(href, /^(?:https?:\/\/[^\s\p{Cc}]+|mailto:[^\s\p{Cc}]*)$/u, html)
    if (slash !== '') assert.equal(open.pop(), name, html)
    else if (name !== 'br' && name !== 'hr') open.push(name)
  }
  assert.equal(at, html.length, `something else stands at ${at} in ${html}`)
  assert.deepEqual(open, [], html)
}

describe('D7 any HTML of InvGate, however broken', () => {
  it('becomes harmless, and stays as it is when it is read again', () => {
    fc.assert(
      fc.property(piece, (given) => {
        const { html } = readHtml(given)
        assertHarmless(html)
        assertHarmless(readHtml(html).html)
      }),
      { numRuns: 10_000 },
    )
  })

  it('is no HTML any more once its plain text has gone out again', () => {
    fc.assert(
      fc.property(fc.oneof(piece, fc.string()), (given) => {
        const { text } = readHtml(given)
        const sent = toHtml(text)
        assertHarmless(sent)
        assert.equal(sent.replaceAll(/<\/?(?:p|br)>/g, '').includes('<'), false)
        assert.equal(readHtml(sent).text, text)
      }),
      { numRuns: 10_000 },
    )
  })

  it('is an oracle that can fail', () => {
    for (const bad of [
      '<script></script>',
      '<p onclick="x">',
      '<a href="javascript:x" rel="noopener noreferrer nofollow">x</a>',
      '<b><i></b></i>',
      '<b>',
      'a < b',
      '&nbsp;',
    ]) {
      assert.throws(() => assertHarmless(bad), assert.AssertionError)
    }
  })

  it('is read in a time that grows with its length, whatever it is made of', { timeout: 30_000 }, () => {
    const text = 'x'
    for (const part of [
      ' ',
      '\n ',
      '\u00A0',
      '<b>',
      '<svg>',
      '</x>',
      '<li>',
      '<',
      '&',
      '<!--',
      '<a href=',
      '"',
      '\r\n\r\n',
    ]) {
      const given = `${text}${part.repeat(300_000 / part.length)}${text}`
      const { html } = readHtml(given)
      assertHarmless(html)
      assert.ok(readHtml(toHtml(given)).text.startsWith(text))
    }
    const nested = readHtml(`${'<b>'.repeat(15_000)}deep`)
    assert.equal(nested.text, 'deep')
  })
})
