import { readFileSync, realpathSync, statSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { messageOf, Problem } from '../core/problem.ts'

/**
 * The text of a secrets file with another value for one name; every other line stays as it is.
 * @throws Problem `secret.unwritable` where that would not be read again as it was written
 */
export function withSecret(text: string, name: string, value: string): string {
  const spans = assignmentsOf(text, name)
  const line = `${name}=${quoted(value) ?? ''}`
  const [first] = spans
  const lastsUntilEnd = text === '' || text.endsWith('\n')
  const next =
    first === undefined
      ? `${text}${lastsUntilEnd ? '' : '\n'}${line}\n`
      : spans.toReversed().reduce((sofar, span) => {
          const [before, after] = [sofar.slice(0, span.from), sofar.slice(span.to)]
          return span === first ? `${before}${line}${after}` : before + after.replace(/^\r?\n/, '')
        }, text)
  if (!isSame(parseEnv(next), { ...parseEnv(text), [name]: value })) {
    throw new Problem('secret.unwritable', `the value of ${name} cannot be written into a secrets file`, {
      hint: 'A value with a line break has to be free of one of the three quotes. Write that line by hand, then `seaworthy deploy`.',
    })
  }
  return next
}

/** Replaces one value in the file, as one step: a reader finds the old one or the new one. Its mode stays. */
export function writeSecret(path: string, name: string, value: string): void {
  try {
    // What a link leads to is replaced, not the link.
    const file = realpathSync(path)
    writeFileAtomic(file, withSecret(readFileSync(file, 'utf8'), name, value), { mode: statSync(file).mode & 0o700 })
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem('secret.not-kept', `the new value of ${name} is live, but ${path} holds the old one`, {
      hint: 'Make the file and its folder writable: the next command that deploys writes it.',
      details: [messageOf(error)],
      cause: error,
    })
  }
}

/** From where to where a name is given a value, the line's end left out; quotes may hold line breaks. */
function assignmentsOf(text: string, name: string): readonly { readonly from: number; readonly to: number }[] {
  const start = new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=[ \\t]*`, 'gm')
  return [...text.matchAll(start)].map((match) => {
    const from = match.index
    const at = from + match[0].length
    const closing = QUOTES.includes(text[at] ?? '') ? text.indexOf(text[at]!, at + 1) : -1
    const end = text.indexOf('\n', Math.max(at, closing))
    return { from, to: end === -1 ? text.length : text[end - 1] === '\r' ? end - 1 : end }
  })
}

const QUOTES: readonly string[] = ["'", '"', '`']
/** Needs no quotes: what tokens and generated values are made of. */
const PLAIN = /^[\w.~+/:@%=-]+$/

/** Null: it holds all three quotes. Between double ones `\n` is a line break, so they come last. */
function quoted(value: string): string | null {
  if (PLAIN.test(value)) return value
  const quote = ["'", '`', '"'].find((one) => !value.includes(one))
  return quote === undefined ? null : `${quote}${value}${quote}`
}

function isSame(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}
