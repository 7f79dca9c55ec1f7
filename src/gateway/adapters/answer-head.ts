import { dropSet, fieldLine, fieldLines, inOnePiece, statusLine } from '../../http1/index.ts'
import type { DropSet } from '../../http1/index.ts'
import type { Answer } from '../exchange.ts'
import { RelayedAnswer } from '../relayed-answer.ts'

/** How an answer goes out: its head as bytes, and how its body is framed. */
export interface Plan {
  /** Status line, fields and empty line, one character a byte. */
  readonly text: string
  /** `none`: no body follows, whatever the answer has. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close'
  /** Where the framing is a length. */
  readonly length: number
}

/** Whose answer it is. */
export interface Asker {
  readonly method: string
  readonly version: 10 | 11
}

/** What the connection says about itself: the fields for when it goes on. Null: it ends with this answer. */
export type KeepAliveLines = string | null

/**
 * The head of an answer.
 * @throws FieldError for a field that cannot be written.
 */
export function answerHead(
  answer: Exclude<Answer, { kind: 'upgraded' }>,
  asker: Asker,
  keepAliveLines: KeepAliveLines,
): Plan {
  const { status } = answer
  const bodiless = asker.method === 'HEAD' || status === 304 || status === 204 || status < 200
  const relayed = answer instanceof RelayedAnswer && !answer.isStreamed ? answer : null
  const wire = relayed?.untouched ?? null
  const first = statusLine(status)
  let lines: string
  if (wire !== null) {
    const { replaced, replacedToo } = relayed!
    const drop = dropSetFor(replaced, replacedToo)
    const passed = status < 200 || status === 204 ? null : wire.passedOn(first, drop)
    lines = (passed ?? wire.endToEnd(drop)) + replacedLines(replaced, relayed!.beginsWithOwn) + knownLines(replacedToo)
    if (!wire.hasDate) lines += dateLine()
    if (passed !== null) {
      const framing = bodiless ? 'none' : 'length'
      return { text: lines + endOf(keepAliveLines ?? CLOSE), framing, length: wire.contentLength }
    }
  } else {
    lines = fieldLines(withoutFraming(answer.headers))
    if (!hasField(answer.headers, 'date')) lines += dateLine()
  }
  // Of a body that passes as it comes its own framing is true; of one that is not sent, what the fields say.
  let announced = relayed === null || (wire === null && bodiless) ? announcedLength(answer.headers) : lengthOf(relayed)
  if (answer.kind === 'whole' && !bodiless) announced = answer.body?.length ?? 0
  const framing = bodiless ? 'none' : announced >= 0 ? 'length' : asker.version === 11 ? 'chunked' : 'close'
  // Of HEAD and 304 the length tells of another answer.
  if (announced >= 0 && status !== 204 && status >= 200) lines += `Content-Length: ${announced}\r\n`
  else if (framing === 'chunked') lines += 'Transfer-Encoding: chunked\r\n'
  const end = keepAliveLines === null || framing === 'close' ? CLOSE : keepAliveLines
  return { text: first + lines + endOf(end), framing, length: announced }
}

const CLOSE = 'Connection: close\r\n'

/** The last lines and the empty one: the same for most answers. */
function endOf(lines: string): string {
  if (lines !== lastLines) {
    lastLines = lines
    lastEnd = inOnePiece(lines + '\r\n')
  }
  return lastEnd
}

let lastLines = ''
let lastEnd = '\r\n'

/** Of an answer that passes as it came; -1: unknown. */
function lengthOf({ framing, contentLength, flow }: RelayedAnswer): number {
  return framing === 'chunked' && flow.ended ? (flow.first?.length ?? 0) : contentLength
}

/** -1: unknown. */
function announcedLength(headers: readonly string[]): number {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (name.length !== 14 || name.toLowerCase() !== 'content-length') continue
    const length = Number(headers[index + 1])
    return Number.isSafeInteger(length) && length >= 0 ? length : -1
  }
  return -1
}

function hasField(headers: readonly string[], lowerName: string): boolean {
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (name.length === lowerName.length && name.toLowerCase() === lowerName) return true
  }
  return false
}

/** Framing and the connection's own fields are written anew. */
function withoutFraming(headers: readonly string[]): readonly string[] {
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (FRAMING_LENGTHS.has(name.length) && FRAMING.has(name.toLowerCase())) continue
    kept.push(name, headers[index + 1]!)
  }
  return kept
}

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive'])
const FRAMING_LENGTHS: ReadonlySet<number> = new Set([...FRAMING].map(({ length }) => length))

/** Sets for the combinations of replaced names that come up: a table and a guard make a handful. */
const DROP_SETS_MAX = 32
const dropSets: { readonly names: readonly string[]; readonly too: readonly string[]; readonly set: DropSet }[] = []

function dropSetFor(replaced: readonly string[], too: readonly string[]): DropSet {
  for (const each of dropSets) if (each.too === too && isSameNames(each.names, replaced)) return each.set
  const names = namesOf(replaced)
  const made = { names, too, set: dropSet([...names, ...namesOf(too)]) }
  dropSets.unshift(made)
  if (dropSets.length > DROP_SETS_MAX) dropSets.pop()
  return made.set
}

function namesOf(pairs: readonly string[]): string[] {
  return pairs.filter((_, index) => index % 2 === 0)
}

/** `areOwn`: it begins with the release, most answers of a worker have the same, and with an id that nobody has to look at again. */
function replacedLines(pairs: readonly string[], areOwn: boolean): string {
  let lines = areOwn ? ownStart(pairs) + pairs[3] + '\r\n' : ''
  for (let index = areOwn ? 4 : 0; index < pairs.length; index += 2)
    lines += fieldLine(pairs[index]!, pairs[index + 1]!)
  return lines
}

function ownStart(pairs: readonly string[]): string {
  if (pairs[1] !== ownRelease) {
    // First, as it throws for a release that cannot be written.
    ownText = inOnePiece(`${fieldLine(pairs[0]!, pairs[1]!)}${pairs[2]}: `)
    ownRelease = pairs[1]!
  }
  return ownText
}

let ownRelease: string | null = null
let ownText = ''

/** The lines of a list that comes with every answer. */
function knownLines(pairs: readonly string[]): string {
  if (pairs.length === 0) return ''
  if (pairs === lastPairs) return lastPairsLines
  let lines = linesOfLists.get(pairs)
  if (lines === undefined) linesOfLists.set(pairs, (lines = inOnePiece(fieldLines(pairs))))
  lastPairs = pairs
  lastPairsLines = lines
  return lines
}

const linesOfLists = new WeakMap<readonly string[], string>()
let lastPairs: readonly string[] = []
let lastPairsLines = ''

function isSameNames(names: readonly string[], pairs: readonly string[]): boolean {
  if (names.length * 2 !== pairs.length) return false
  for (let index = 0; index < names.length; index++) if (names[index] !== pairs[index * 2]) return false
  return true
}

let dateSecond = 0
let dateText = ''

/** RFC 9110 §6.6.1: whoever passes an answer on adds the date where its origin has none. */
function dateLine(): string {
  const second = Math.floor(Date.now() / 1000)
  if (second !== dateSecond) {
    dateSecond = second
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`
  }
  return dateText
}
