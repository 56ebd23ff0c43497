import type { Language } from '#platform/language'
import { escapeHtml } from '#platform/wording'

/** A mail's words, the same in both forms. */
export type Letter = { readonly title: string; readonly text: string; readonly html: string }

type Head = { readonly language: Language; readonly title: string }

/** A mail's HTML. Readers of mail drop style sheets, and remote images tell others who reads. */
export function page({ language, title }: Head, parts: readonly string[]): string {
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head>
<body style="margin:0;padding:24px;font-family:Arial,Helvetica,sans-serif;font-size:16px;color:#222">
<div style="max-width:600px;margin:0 auto">
${parts.join('\n')}
</div>
</body>
</html>
`
}

export function paragraph(text: string): string {
  return `<p style="margin:0 0 16px">${escapeHtml(text)}</p>`
}

/** What somebody else has written, in its own lines. */
export function quotation(text: string): string {
  return `<blockquote style="margin:0 0 16px;padding-left:12px;border-left:3px solid #ddd;white-space:pre-wrap">${escapeHtml(text)}</blockquote>`
}
