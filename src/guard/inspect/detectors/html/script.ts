/** Script without markup: calls, globals and URLs that a browser would run if the page put the value into a script or a link. */
import type { Value } from '../../detector.ts'
import { SCORE } from '../../detector.ts'
import { skipJunk } from './scheme.ts'
import { CALLS_BACK, COMMON, GLOBAL, HTML_WORDS, INVOKE, MEMBER, SINK } from './words.ts'
import { rolled } from '../word-table.ts'

type Found = (rule: string, score: number, start: number, end: number) => void

export class ScriptRules {
  readonly #found: Found
  #lower = ''
  #units: Uint16Array = new Uint16Array(0)
  #document = false
  #hint: string | null = null

  constructor(found: Found) {
    this.#found = found
  }

  begin(value: Value, units: Uint16Array): void {
    this.#lower = value.lower
    this.#units = units
    this.#document = value.document
    this.#hint = value.hint
  }

  /** `javascript:` at `start`, its colon before `after`. `whole`: the URL is an attribute or the value itself. */
  url(start: number, after: number, split: boolean, whole: boolean): void {
    const lower = this.#lower
    const units = this.#units
    const body = skipJunk(units, after)
    const code = units[body]!
    if (split && (whole || start === 0)) return this.#found('xss.script-url', SCORE.proof, start, after)
    if (body >= lower.length)
      return this.#found('xss.script-url', whole && start === 0 ? SCORE.strong : SCORE.weak, start, after)
    // "JavaScript: The Good Parts" is a title: a blank after the colon, and words.
    let word = body
    while (isWordly(units[word]!)) word++
    const mark = units[skipJunk(units, word)]!
    const runs =
      mark === 40 ||
      mark === 61 ||
      mark === 91 ||
      mark === 96 ||
      mark === 58 ||
      mark === 59 ||
      (mark === 46 && word > body && isWordly(units[word + 1]!)) ||
      (word === body &&
        (code === 47 ||
          code === 34 ||
          code === 39 ||
          code === 91 ||
          code === 96 ||
          code === 40 ||
          code === 123 ||
          code === 33 ||
          code === 43))
    if (!runs && (body > after || code === 37)) return
    const score = this.#document && !whole ? SCORE.strong : runs || whole ? SCORE.proof : SCORE.strong
    this.#found('xss.script-url', score, start, after)
  }

  word(start: number, stop: number, code: number): void {
    if (this.#document || this.#hint === 'html') return
    if ((code & SINK) !== 0) this.#sink(start, stop, code)
    else if ((code & GLOBAL) !== 0) this.#global(start, stop)
  }

  /** alert(1), (alert)(1), alert`1`, alert.call(…), alert?.(…) */
  #sink(start: number, stop: number, code: number): void {
    const lower = this.#lower
    const units = this.#units
    let at = stop
    while (at < stop + 2 && units[at] === 41) at++
    let next = at
    if (units[next] === 63 && units[next + 1] === 46) next += 2
    if (units[next] === 46) {
      const method = wordAt(units, lower, next + 1)
      if ((method.code & INVOKE) === 0) return
      next = method.stop
    }
    const mark = units[next]!
    const called = mark === 40 || mark === 96
    const place = placeOf(units, lower.startsWith('new ', start - 4) ? start - 4 : start)
    if (!called) {
      // [1].find(alert), onerror=alert: handed over to be called.
      const handed = place === PLACE.argument && (units[stop] === 41 || units[stop] === 59)
      if (handed && (code & COMMON) === 0 && at - stop > 0)
        this.#found('xss.call', at > stop && mark === 40 ? SCORE.proof : SCORE.strong, start, stop)
      return
    }
    if (mark === 96 && place === PLACE.prose) return
    // rl.prompt() asks in a terminal; window.prompt() asks in a browser.
    if (
      place === PLACE.member &&
      !lower.startsWith('alert', start) &&
      !OF_WINDOW.test(lower.slice(Math.max(0, start - 24), start))
    )
      return
    // `alert(1)` in backticks is how Markdown shows code.
    if (start > 0 && units[start - 1] === 96) {
      if ((code & COMMON) === 0 && mark === 40) this.#found('xss.call', SCORE.strong, start, next + 1)
      return
    }
    if ((code & COMMON) !== 0) {
      if (mark === 96) return
      const whole = place === PLACE.start && takesText(units, lower, next + 1) && endsLikeCode(units, lower, next)
      const broke = place === PLACE.code && brokenBefore(units, start)
      if (whole || broke) this.#found('xss.call', SCORE.proof, start, next + 1)
      return
    }
    this.#found('xss.call', place === PLACE.prose ? SCORE.strong : SCORE.proof, start, next + 1)
  }

  /** document.cookie, self["alert"], document with a comment inside */
  #global(start: number, stop: number): void {
    const lower = this.#lower
    const units = this.#units
    const place = placeOf(units, start)
    if (place === PLACE.prose || place === PLACE.member || units[start - 1] === 96) return
    let at = skipJunk(units, stop)
    if (units[at] === 63 && units[at + 1] === 46) at++
    const mark = units[at]!
    if (mark === 91) {
      const inner = units[skipJunk(units, at + 1)]!
      if (inner === 34 || inner === 39 || inner === 96 || inner === 47)
        this.#found('xss.global', SCORE.proof, start, at + 1)
      return
    }
    if (mark !== 46) return
    const member = wordAt(units, lower, skipJunk(units, at + 1))
    if ((member.code & MEMBER) === 0 && !(lower.startsWith('reflect', start) && (member.code & CALLS_BACK) !== 0))
      return
    const after = units[member.stop]!
    // A word of a sentence follows: it is talked about.
    const blank = after === 32 && isWordly(units[member.stop + 1]!)
    const own =
      lower.startsWith('document', start) || lower.startsWith('window', start) || lower.startsWith('reflect', start)
    if (blank || !own) return
    this.#found('xss.global', SCORE.proof, start, member.stop)
  }

  /** `[1].find(alert)`, `[].map.call\`…\``, `[][…]`, `!![]` */
  mark(at: number, code: number): void {
    if (this.#document || this.#hint === 'html') return
    const lower = this.#lower
    const units = this.#units
    if (code === 33) {
      if (lower.startsWith('![]', at) || lower.startsWith('! []', at)) {
        const before = at === 0 ? 0 : units[at - 1]!
        if (before === 33 || before === 40 || before === 91 || before === 43)
          this.#found('xss.call', SCORE.proof, at, at + 3)
      }
      return
    }
    let inner = at + 1
    const bound = Math.min(lower.length, at + 16)
    while (inner < bound && (isDigit(units[inner]!) || units[inner]! <= 32)) inner++
    if (units[inner] !== 93) return
    const next = skipJunk(units, inner + 1)
    if (units[next] !== 46) return
    const method = wordAt(units, lower, skipJunk(units, next + 1))
    if ((method.code & CALLS_BACK) === 0) return
    let call = skipJunk(units, method.stop)
    let invoked = false
    if (units[call] === 46) {
      const invoke = wordAt(units, lower, skipJunk(units, call + 1))
      if ((invoke.code & INVOKE) === 0) return
      invoked = true
      call = skipJunk(units, invoke.stop)
    }
    const mark = units[call]!
    const argument = wordAt(units, lower, skipJunk(units, call + 1))
    if ((mark === 96 && invoked) || (mark === 40 && (argument.code & SINK) !== 0))
      this.#found('xss.call', SCORE.proof, at, call + 1)
  }
}

const OF_WINDOW = /(?:^|[^a-z0-9_$])(?:window|self|top|parent|frames|globalthis|this|defaultview)\s{0,4}\??\.\s{0,4}$/
const PLACE = { prose: 0, start: 1, code: 2, argument: 3, member: 4 } as const

/** What stands before a word: nothing, punctuation of code, an opening bracket, or a sentence. */
function placeOf(units: Uint16Array, start: number): number {
  let at = start - 1
  while (at >= 0 && at > start - 16 && units[at]! <= 32) at--
  if (at < 0) return PLACE.start
  const code = units[at]!
  if (code === 46) return at > 0 && units[at - 1] === 46 ? PLACE.code : PLACE.member
  if (code === 40) {
    const before = at === 0 ? 0 : units[at - 1]!
    return before === 32 && at === start - 1 ? PLACE.prose : PLACE.argument
  }
  // A blank after punctuation is a sentence, unless the punctuation is an operator of code.
  if (isWordly(code) || code >= 128) return at === start - 1 && isWordly(code) ? PLACE.member : PLACE.prose
  if (at < start - 1 && (code === 44 || code === 58 || code === 63 || code === 45)) return PLACE.prose
  return PLACE.code
}

/** Whether a quote and an operator or separator stand right before `start`: `'-eval(`, `";eval(`, and not `"eval(`. */
function brokenBefore(units: Uint16Array, start: number): boolean {
  let joined = false
  for (let at = start - 1; at >= 0 && at > start - 12; at--) {
    const code = units[at]!
    if (code === 34 || code === 39 || code === 96) return joined
    if (isWordly(code)) return false
    joined ||= code > 32 && code !== 40
  }
  return false
}

/** Whether the call's first argument may be text to run: no function, and something. */
function takesText(units: Uint16Array, lower: string, at: number): boolean {
  const argument = skipJunk(units, at)
  const code = units[argument]!
  const functional = lower.startsWith('function', argument) || lower.startsWith('async', argument)
  return code !== 40 && !functional
}

/** Whether the call that opens at `open` reaches to the end of the value, or to punctuation of code. */
function endsLikeCode(units: Uint16Array, lower: string, open: number): boolean {
  const bound = Math.min(lower.length, open + 256)
  let depth = 0
  for (let at = open; at < bound; at++) {
    const code = units[at]!
    if (code === 40) depth++
    else if (code === 41 && --depth === 0) {
      const next = skipJunk(units, at + 1)
      return next >= lower.length || !(isWordly(units[next]!) || units[next]! >= 128)
    }
  }
  return true
}

const word = { code: 0, stop: 0 }
/** The word at `start`, if one is there. */
function wordAt(units: Uint16Array, lower: string, start: number): { readonly code: number; readonly stop: number } {
  let hash = 0
  let at = start
  for (; at < lower.length && at < start + 32; at++) {
    const code = units[at]!
    if (!isWordly(code)) break
    hash = rolled(hash, code)
  }
  word.stop = at
  word.code = at > start ? HTML_WORDS.find(hash, lower, start, at) : 0
  return word
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isWordly(code: number): boolean {
  return (code >= 97 && code <= 122) || isDigit(code) || code === 95 || code === 36
}
