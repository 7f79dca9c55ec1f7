/** String literals of a GraphQL document (spec of October 2021, §2): everything else in it is the schema's language. */
import { boundedName } from './bounds.ts'
import type { ValueSink } from './sink.ts'

/** Whether a text is a GraphQL document: only its tokens, and it begins like one. */
export function looksLikeGraphql(text: string): boolean {
  if (!/^\s*(?:\{|(?:query|mutation|subscription|fragment)\b)/.test(text)) return false
  return isGraphql(text)
}

/** Gives the string literals and comments of a document as values named after the argument before them. */
export function readGraphql(text: string, sink: ValueSink): void {
  let name = ''
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 34) {
      const end = literalEnd(text, index)
      const quotes = text.startsWith('"""', index) ? 3 : 1
      sink.value('graphql', name, text.slice(index + quotes, Math.max(index + quotes, end - quotes)))
      index = end
    } else if (isNameChar(code)) {
      const start = index
      while (index < text.length && isNameChar(text.charCodeAt(index))) index += 1
      name = boundedName(text.slice(start, index))
    } else {
      index += 1
    }
  }
}

function isGraphql(text: string): boolean {
  let index = 0
  while (index < text.length) {
    const code = text.charCodeAt(index)
    if (code === 34) index = literalEnd(text, index)
    else if (code === 35) index = lineEnd(text, index)
    else if (code > 127 || PUNCTUATION[code] !== 1) return false
    else index += 1
  }
  return true
}

/** Characters that occur outside of literals and comments. */
const PUNCTUATION: Uint8Array = punctuation()

function punctuation(): Uint8Array {
  const table = new Uint8Array(128)
  const allowed = '!$&()...:=@[]{|}, \t\r\n_-+ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  for (const character of allowed) table[character.charCodeAt(0)] = 1
  return table
}

function literalEnd(text: string, at: number): number {
  if (text.startsWith('"""', at)) {
    const end = text.indexOf('"""', at + 3)
    return end < 0 ? text.length : end + 3
  }
  let index = at + 1
  while (index < text.length && text.charCodeAt(index) !== 34 && text.charCodeAt(index) !== 10) {
    index += text.charCodeAt(index) === 92 ? 2 : 1
  }
  return Math.min(index + 1, text.length)
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end + 1
}

function isNameChar(code: number): boolean {
  const lower = code | 32
  return (lower >= 97 && lower <= 122) || (code >= 48 && code <= 57) || code === 95
}
