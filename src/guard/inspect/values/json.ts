/**
 * Leaves and keys of JSON, read more leniently than any parser does and in one pass: nothing that some reader of the
 * application might accept goes by unseen, duplicate keys neither. Strings, numbers, words and what stands between wrong
 * punctuation become values; only their paths depend on well-formed text.
 */
import type { Location } from '../../threats.ts'
import { Output } from '../decode/output.ts'
import { hexOf } from '../decode/percent.ts'
import { pathBelow } from './bounds.ts'
import type { ValueSink } from './sink.ts'

/** Deeper levels are read, without a path of their own. */
export const JSON_PATH_DEPTH_MAX = 32

const output = new Output()

export class JsonReader {
  /** Deepest level met. */
  deepest = 0
  /** A character stood where no JSON has one. */
  malformed = false
  readonly #sink: ValueSink
  readonly #location: Location
  /** Path of the container at each level; its keys are appended. */
  readonly #paths: string[]
  /** Next index of an array at each level, -1 in an object. */
  readonly #indexes: number[] = [-1]
  #depth = 0
  #key: string | null = null
  #expectsKey = false

  /** `root`: name of the value that is JSON itself, '' for a body. */
  constructor(location: Location, sink: ValueSink, root = '') {
    this.#location = location
    this.#sink = sink
    this.#paths = [root]
  }

  /**
   * Reads on. Returns where an incomplete string or word begins, `text.length` when there is none; `final`: nothing follows,
   * and what is incomplete is a value as well.
   */
  read(text: string, final: boolean): number {
    let index = 0
    while (index < text.length) {
      const code = text.charCodeAt(index)
      if (code === 34) {
        const end = stringEnd(text, index + 1)
        if (end < 0 && !final) return index
        this.#string(text, index + 1, end < 0 ? text.length : end)
        index = end < 0 ? text.length : end + 1
      } else if (code <= 32 || code === 0xfeff) {
        index += 1
      } else if (code === 123 || code === 91) {
        this.#open(code === 91)
        index += 1
      } else if (code === 125 || code === 93) {
        this.#close()
        index += 1
      } else if (code === 44) {
        this.#next()
        index += 1
      } else if (code === 58) {
        this.#expectsKey = false
        index += 1
      } else {
        const end = wordEnd(text, index)
        if (end === text.length && !final) return index
        this.#word(text.slice(index, end))
        index = end
      }
    }
    return text.length
  }

  #open(isArray: boolean): void {
    const path = this.#path()
    this.#depth += 1
    this.deepest = Math.max(this.deepest, this.#depth)
    if (this.#depth <= JSON_PATH_DEPTH_MAX) {
      this.#paths[this.#depth] = path
      this.#indexes[this.#depth] = isArray ? 0 : -1
    }
    this.#key = null
    this.#expectsKey = !isArray
  }

  #close(): void {
    if (this.#depth === 0) this.malformed = true
    else this.#depth -= 1
    this.#key = null
    this.#expectsKey = false
  }

  #next(): void {
    const level = Math.min(this.#depth, JSON_PATH_DEPTH_MAX)
    const index = this.#indexes[level]!
    if (index >= 0) this.#indexes[level] = index + 1
    this.#key = null
    this.#expectsKey = index < 0 && this.#depth > 0
  }

  #string(text: string, start: number, end: number): void {
    const raw = text.slice(start, end)
    const value = raw.includes('\\') ? unescaped(raw) : raw
    if (this.#expectsKey) {
      this.#key = value
      this.#sink.key(this.#location, this.#path(), value)
      return
    }
    this.#sink.value(this.#location, this.#path(), value)
  }

  #word(word: string): void {
    if (this.#expectsKey) {
      // `{a: 1}` of JSON5 and friends.
      this.malformed = true
      this.#key = word
      this.#sink.key(this.#location, this.#path(), word)
      return
    }
    const first = word.charCodeAt(0)
    if ((first === 45 || (first >= 48 && first <= 57)) && isNumber(word)) return
    if (word === 'true' || word === 'false' || word === 'null') return
    this.malformed = true
    this.#sink.value(this.#location, this.#path(), word)
  }

  #path(): string {
    const level = Math.min(this.#depth, JSON_PATH_DEPTH_MAX)
    const parent = this.#paths[level]!
    const index = this.#indexes[level]!
    if (index < 0 && this.#key === null) return parent
    return pathBelow(parent, index < 0 ? this.#key! : String(index))
  }
}

/** Where the string that begins at `from` is closed, -1 when it is not. */
function stringEnd(text: string, from: number): number {
  let end = text.indexOf('"', from)
  while (end >= 0) {
    let backslashes = 0
    while (end - backslashes > from && text.charCodeAt(end - backslashes - 1) === 92) backslashes += 1
    if (backslashes % 2 === 0) return end
    end = text.indexOf('"', end + 1)
  }
  return -1
}

/** Where a bare word ends: at the next structural character. What is not JSON holds blanks as well. */
function wordEnd(text: string, from: number): number {
  let index = from
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code === 44 || code === 125 || code === 93 || code === 34 || code === 58) break
    if (code === 123 || code === 91 || code === 10) break
  }
  return Math.max(index, from + 1)
}

function isNumber(word: string): boolean {
  for (let index = 0; index < word.length; index++) {
    const code = word.charCodeAt(index)
    const isPart =
      (code >= 48 && code <= 57) || code === 46 || code === 45 || code === 43 || code === 101 || code === 69
    if (!isPart && code > 32) return false
  }
  return true
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }

/** A JSON string's content with its escapes resolved; unknown escapes stay. */
function unescaped(raw: string): string {
  output.start(raw.length)
  let index = 0
  while (index < raw.length) {
    const code = raw.charCodeAt(index)
    if (code !== 92 || index + 1 >= raw.length) {
      output.put(code)
      index += 1
      continue
    }
    const next = raw[index + 1]!
    const unit = next === 'u' ? unicodeUnit(raw, index + 2) : -1
    if (unit >= 0) {
      output.put(unit)
      index += 6
      continue
    }
    const simple = SIMPLE[next]
    if (simple === undefined && next !== '"' && next !== '\\' && next !== '/') output.put(code)
    output.put((simple ?? next).charCodeAt(0))
    index += 2
  }
  return output.take()
}

function unicodeUnit(raw: string, at: number): number {
  let unit = 0
  for (let index = at; index < at + 4; index++) {
    const digit = hexOf(raw.charCodeAt(index))
    if (digit < 0) return -1
    unit = (unit << 4) | digit
  }
  return unit
}
