import { readHtml, toHtml } from './html.ts'

/** The description as InvGate gets it: HTML, with our reference in the last line. */
export function describeWithReference(description: string, reference: string): string {
  return `${toHtml(description)}<p>${lineOf(reference)}</p>`
}

/** The same for who takes plain text. */
export function plainWithReference(description: string, reference: string): string {
  return `${description.trimEnd()}\n\n${lineOf(reference)}`
}

/** Whether a description at InvGate, as HTML or text, carries the reference; a longer one that begins alike does not. */
export function carriesReference(description: string, reference: string): boolean {
  return description.includes(lineOf(reference)) || readHtml(description).text.includes(lineOf(reference))
}

function lineOf(reference: string): string {
  return `[Karya: ${reference}]`
}
