import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readHtml, toHtml } from './html.ts'

describe('D7 HTML of InvGate', () => {
  it('keeps what is harmless', () => {
    for (const [given, html, text] of [
      ['<p>No toner</p>\r\n<p>&#xA0;Bye</p>', '<p>No toner</p>\n<p>\u00A0Bye</p>', 'No toner\nBye'],
      ['a<br>b<br/>c', 'a<br>b<br>c', 'a\nb\nc'],
      ['<ul><li>x<li>y</ul>', '<ul><li>x</li><li>y</li></ul>', '- x\n- y'],
      ['<b>a</b> &lt;i&gt; &amp;', '<b>a</b> &lt;i&gt; &amp;', 'a <i> &'],
      [
        '<a href="https://x.test/?a=1&amp;b=2" onclick="x()">l</a>',
        '<a href="https://x.test/?a=1&amp;b=2" rel="noopener noreferrer nofollow">l</a>',
        'l',
      ],
      ['', '', ''],
    ] as const) {
      const read = readHtml(given)
      assert.deepEqual([read.html.replaceAll('\r', ''), read.text], [html, text], given)
    }
  })

  it('drops what is not', () => {
    for (const given of [
      '<script>alert(1)</script>',
      '<ScRiPt src=//x>alert(1)</sCrIpT >',
      '<img src=x onerror=alert(1)>',
      '<a href="javascript:alert(1)">x</a>',
      '<a href="jav&#x09;ascript:alert(1)">x</a>',
      '<a href="data:text/html,<script>alert(1)</script>">x</a>',
      '<svg><style><img src=x onerror=alert(1)></style></svg>',
      '<math><mtext><table><mglyph><style><img src onerror=alert(1)>',
      '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
      '<p style="background:url(javascript:alert(1))">x</p>',
      '<<script>alert(1)//<</script>',
      '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
      '<textarea><img title="</textarea><img src=x onerror=alert(1)>">',
      '<!--><img src=x onerror=alert(1)>-->',
      '<form action="javascript:alert(1)"><button>x</button></form>',
      '<base href="//evil.test/">',
      '<div',
    ]) {
      const { html } = readHtml(given)
      const tags = html.match(/<[^>]*>/g) ?? []
      for (const tag of tags) {
        assert.match(tag, /^<\/?(p|a|div|table)( rel="[a-z ]+")?>$/, `${given} became ${html}`)
      }
    }
  })

  it('closes what was left open', () => {
    assert.equal(readHtml('<div><b>x').html, '<div><b>x</b></div>')
    assert.equal(readHtml('</div>x</b>').html, 'x')
  })

  it('escapes text', () => {
    assert.equal(toHtml('a <b>\nc\r\n\r\nd "e"'), '<p>a &lt;b&gt;<br>c</p><p>d &quot;e&quot;</p>')
    assert.equal(readHtml(toHtml('x < y & z')).text, 'x < y & z')
  })
})
