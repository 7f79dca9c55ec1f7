/** Texts in which a word is no command: comments, strings, quoted names, bodies between dollars. */
const OPAQUE = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$[A-Za-z_0-9]*\$)[\s\S]*?\1/g
const ENDING =
  /^\s*(?:begin(?!\s+atomic\b)|start\s+transaction|commit|rollback(?!\s+to\b)|abort|prepare\s+transaction)\b/i

/**
 * Whether a Postgres file begins or ends a transaction by a statement of its own. A look ahead, for the message: what it
 * misses, such as a bare `end`, is seen when the file has run on the copy.
 */
export function endsTransaction(text: string): boolean {
  return text
    .replaceAll(OPAQUE, ' ')
    .split(';')
    .some((statement) => ENDING.test(statement))
}
