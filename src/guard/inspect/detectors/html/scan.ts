/**
 * One pass over a value in the manner of the HTML tokenizer. It keeps the few facts that decide what a word means: whether a tag
 * is open, whether a quote was met, what stood before. Every character is looked at a bounded number of times.
 */
import type { Hit, Value } from '../../detector.ts'
import { SCORE } from '../../detector.ts'
import { HitList } from '../hit-list.ts'
import { END, lowerUnits } from '../../scan/units.ts'
import { rolled } from '../word-table.ts'
import { activeDataAt, hiddenHostAt, scheme, scriptSchemeAt, skipJunk } from './scheme.ts'
import { ScriptRules } from './script.ts'
import { followsUrl, mayRunStyle, runningStyleAt } from './styles.ts'
import {
  CLASS,
  gluedTagAt,
  hasAttribute,
  isLetter,
  mentionedAt,
  readTag,
  sevenBitTagAt,
  spacedTagAt,
  tag,
} from './tags.ts'
import { ACTIVE, BOUND, HTML_WORDS, isEvent, NAMED, SCHEME, SOURCE_DOCUMENT, STRUCTURE, STYLE } from './words.ts'

/** Characters that begin nothing of interest. */
const DULL = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  const char = String.fromCharCode(code)
  if (!/[a-z$_<>"'`=(,\-[!\\]/i.test(char)) DULL[code] = 1
}
/** Characters a URL of interest may begin with, or blanks and junk before it. */
const URL_BEGINS = new Uint8Array(128)
for (let code = 0; code < 128; code++) {
  if (code <= 32 || code === 127 || 'jvlhd\\/'.includes(String.fromCharCode(code))) URL_BEGINS[code] = 1
}

/** The definition of an entity from elsewhere, its angle lost on the way. */
const ENTITY = /^!entity\s+%?\s*[a-z0-9_-]{1,32}\s+(?:system|public)\b/
const NOTHING = new Uint16Array(0)

export class HtmlScan {
  #value!: Value
  readonly #hits = new HitList()
  #lower = ''
  #units: Uint16Array = NOTHING
  /** A tag is open: what follows are its attributes. */
  #inTag = false
  /** The quote that an attribute's value opened, 0 when none. */
  #quote = 0
  /** A quote, or a tag, was met: an attribute may have been broken out of. */
  #broken = false
  #inStyle = false
  /** The quote met last, and the kinds of quotes in its row. */
  #quoteAt = 0
  #quoteKinds = 0
  /** Where the next end tag of a script stands; the length when there is none. */
  #scriptEnd = -1
  /** The same of an end tag in seven-bit disguise. */
  #sevenBitEnd = -1
  readonly #script = new ScriptRules((rule, score, start, end) => this.#found(rule, score, start, end))

  run(value: Value, report: (hit: Hit) => void): void {
    const { lower } = value
    this.#value = value
    this.#lower = lower
    const units = lowerUnits(lower)
    this.#units = units
    this.#inTag = this.#broken = this.#inStyle = false
    this.#quote = this.#quoteKinds = 0
    this.#quoteAt = -2
    this.#scriptEnd = this.#sevenBitEnd = -1
    this.#script.begin(value, units)
    this.#urlAt(skipJunk(units, 0), true)
    let at = 0
    const hits = this.#hits
    const { length } = lower
    while (at < length) {
      const code = units[at]!
      if (code < 128 && DULL[code] === 1) {
        at++
        continue
      }
      if (isLetter(code)) at = this.#word(at)
      else if (code === 60) at = this.#tag(at)
      else at = this.#mark(at, code)
      if (hits.proven) break
    }
    // Keeps no text of a request beyond its turn.
    this.#lower = ''
    this.#hits.flush(report)
  }

  #found(rule: string, score: number, start: number, end: number): void {
    this.#hits.add({ class: 'xss', rule, score, start, end })
  }

  #mark(at: number, code: number): number {
    const lower = this.#lower
    const units = this.#units
    switch (code) {
      case 34:
      case 39:
      case 96:
        this.#broken = true
        this.#quotes(at, code)
        if (this.#quote === code) {
          this.#quote = 0
          this.#inStyle = false
        }
        this.#urlAfter(at + 1)
        return at + 1
      case 61: {
        // The value of an attribute, or of a parameter of some nested URL.
        let next = skipJunk(units, at + 1)
        const quote = units[next]!
        if (quote === 34 || quote === 39 || quote === 96) {
          if (this.#inTag && this.#quote === 0) {
            this.#quote = quote
            next++
            this.#urlAt(skipJunk(units, next), true)
            return next
          }
          return at + 1
        }
        this.#urlAt(next, true)
        return at + 1
      }
      case 62:
        if (this.#quote === 0) this.#inTag = this.#inStyle = false
        return at + 1
      case 40:
      case 44:
        this.#urlAfter(at + 1)
        return at + 1
      case 45:
        // --><…: out of a comment of the page.
        if (at < 2 && lower.startsWith('--><', at)) this.#found('xss.comment-end', SCORE.proof, at, at + 4)
        return at + 1
      case 92:
        // A letter of a style written by its number.
        if (this.#inStyle && this.#plain && isHex(units[at + 1]!)) this.#found('xss.style', SCORE.proof, at, at + 2)
        return at + 1
      case 91:
      case 33:
        if (code === 33 && units[at + 1] === 101 && ENTITY.test(lower.slice(at, at + 64)))
          this.#found('xss.entity', SCORE.proof, at, at + 7)
        this.#script.mark(at, code)
        return at + 1
      case 0xbc:
        this.#sevenBit(at)
        return at + 1
      default:
        return at + 1
    }
  }

  /** `¼script¾`, and any tag that is closed in the same way: `¼cup, ¾cup` of a recipe is not. */
  #sevenBit(at: number): void {
    const word = sevenBitTagAt(this.#units, this.#lower, at)
    if (word < 0) return
    if ((word & (ACTIVE | STRUCTURE)) !== 0 || this.#sevenBitEnds(at + 1))
      this.#found('xss.element', SCORE.proof, at, at + 8)
  }

  #sevenBitEnds(at: number): boolean {
    if (this.#sevenBitEnd < at) {
      const end = this.#lower.indexOf('\u00bc/', at)
      this.#sevenBitEnd = end < 0 ? this.#lower.length : end
    }
    return isLetter(this.#units[this.#sevenBitEnd + 2] ?? END)
  }

  /** Three kinds of quotes in a row: made to break out of whichever is open. */
  #quotes(at: number, code: number): void {
    if (this.#value.document) return
    let run = at - 1
    while (run > this.#quoteAt && run > at - 5 && isQuoteGlue(this.#units[run]!)) run--
    if (run !== this.#quoteAt) this.#quoteKinds = 0
    this.#quoteAt = at
    this.#quoteKinds |= code === 34 ? 1 : code === 39 ? 2 : 4
    if (this.#quoteKinds === 7) this.#found('xss.quotes', SCORE.proof, Math.max(0, at - 4), at + 1)
  }

  #urlAfter(at: number): void {
    const code = this.#units[at]!
    if (code > 127 || URL_BEGINS[code] === 1) this.#urlAt(skipJunk(this.#units, at), false)
  }

  /** A URL may begin at `at`. `whole`: it is all of an attribute or of the value. */
  #urlAt(at: number, whole: boolean): void {
    const lower = this.#lower
    const units = this.#units
    const first = units[at]!
    if (first === 106 || first === 118 || first === 108) {
      const after = scriptSchemeAt(units, at)
      if (after >= 0) this.#script.url(at, after, scheme.split, whole && (this.#inTag || at <= 64))
    } else if (first === 104 && this.#inTag && hiddenHostAt(lower, at)) {
      this.#found('xss.hidden-host', SCORE.proof, at, at + 16)
    } else if (first === 100 && at <= 64 && whole && /^data:\s{0,8},\s{0,8}</.test(lower.slice(at, at + 24))) {
      this.#found('xss.data-url', SCORE.proof, at, at + 8)
    } else if (first === 100 && lower.startsWith('data', at) && activeDataAt(units, lower, at)) {
      if (this.#inTag || whole) {
        const picture = lower.startsWith('data:image/svg', at)
        if (this.#inTag || !picture) this.#found('xss.data-url', SCORE.proof, at, at + 16)
      }
    }
  }

  #word(start: number): number {
    const lower = this.#lower
    const units = this.#units
    let hash = 0
    let at = start
    for (; at < lower.length; at++) {
      const code = units[at]!
      // A hyphen belongs to the names of attributes.
      if (code >= 128 || (CLASS[code] === 0 && !(code === 45 && this.#inTag))) break
      hash = rolled(hash, code)
    }
    const length = at - start
    if (length > 4 && units[start] === 111 && units[start + 1] === 110) {
      if (this.#handler(start, at)) return at
    }
    const code = HTML_WORDS.find(hash, lower, start, at)
    if (this.#inTag && length > 4 && lower.startsWith('xmlns', start) && this.#plain) {
      const active = lower.startsWith('xmlns:xlink', start) || lower.startsWith('1999/xhtml', at + 20)
      this.#found('xss.namespace', active ? SCORE.proof : SCORE.strong, start, at)
    }
    // Says where to fetch the description of a document from.
    if (this.#inTag && this.#plain && length === 14 && lower.startsWith('schemalocation', start)) {
      this.#found('xss.namespace', SCORE.proof, start, at)
    }
    if (this.#inTag && (code & (SOURCE_DOCUMENT | STYLE | BOUND)) !== 0) this.#attribute(start, at, code)
    if ((code & SCHEME) !== 0) {
      const colon = skipJunk(units, at)
      if (units[colon] === 58) this.#script.url(start, colon + 1, colon > at, this.#inTag)
      // url(javascript: the rest may have been cut off.
      else if (followsUrl(units, lower, start)) this.#found('xss.style', SCORE.proof, start, at)
    }
    if (this.#inStyle || mayRunStyle(units, start)) this.#style(start)
    if (code !== 0) this.#script.word(start, at, code)
    return at
  }

  /** onclick= in a tag, or after a quote that may have closed an attribute. */
  #handler(start: number, stop: number): boolean {
    const lower = this.#lower
    const units = this.#units
    const equals = skipJunk(units, stop)
    const before = start === 0 ? 32 : units[start - 1]!
    const apart =
      before <= 32 || before === 34 || before === 39 || before === 96 || before === 47 || before === 59 || before >= 127
    if (!apart) return false
    const { document, hint } = this.#value
    if (units[equals] !== 61) {
      return false
    }
    const value = skipJunk(units, equals + 1)
    if (units[value] === 61) return false
    // onClick={handler}: a component in source code.
    if (document && units[value] === 123) return false
    if (this.#inTag && (this.#quote === 0 || !document)) {
      this.#found('xss.handler', SCORE.proof, start, equals + 1)
      return true
    }
    if (document || hint === 'html') return false
    const event = isEvent(lower, start, stop)
    const alone = start === skipJunk(units, 0) && (value >= lower.length || (event && callsWithin(lower, value)))
    if ((this.#broken && event) || alone) {
      this.#found('xss.handler', SCORE.proof, start, equals + 1)
      return true
    }
    return false
  }

  #attribute(start: number, stop: number, code: number): void {
    const units = this.#units
    const equals = skipJunk(units, stop)
    if (units[equals] !== 61) return
    if ((code & BOUND) !== 0) this.#found('xss.bound-data', SCORE.proof, start, equals + 1)
    else if ((code & SOURCE_DOCUMENT) !== 0) this.#found('xss.source-document', SCORE.proof, start, equals + 1)
    else if ((code & STYLE) !== 0) this.#inStyle = true
  }

  #style(start: number): void {
    const { document } = this.#value
    if (document && !this.#inStyle) return
    if (this.#inStyle && this.#plain && this.#lower.startsWith('url(', start)) {
      return this.#found('xss.style', SCORE.proof, start, start + 4)
    }
    const end = runningStyleAt(this.#units, start, this.#inStyle, this.#broken)
    if (end >= 0) this.#found('xss.style', SCORE.proof, start, end)
  }

  #tag(start: number): number {
    const lower = this.#lower
    const units = this.#units
    if (units[start + 1] === 33 && lower.startsWith('--', start + 2)) this.#comment(start)
    if (!readTag(units, lower, start)) return start + 1
    const { word, stop, strict, ended } = tag
    const next = units[stop]!
    if (!ended) {
      // a<b, c<d: a comparison, unless an attribute may follow.
      if (strict && next === 61 && this.#plain && gluedTagAt(lower, start + 1)) {
        this.#found('xss.element', SCORE.proof, start, stop)
      } else if (next > 127 || NOT_A_TAG[next] === 0) {
        this.#inTag = strict
        this.#broken ||= strict
      }
      return stop
    }
    if (strict && next === 32 && stop === start + 2) {
      const end = spacedTagAt(units, lower, start)
      if (end >= 0) {
        this.#found('xss.markup', SCORE.proof, start, end)
        return stop
      }
    }
    if (!strict && units[start + 1]! <= 32) {
      // `< script`: browsers do not take it for a tag, filters behind may.
      if ((word & ACTIVE) !== 0) this.#found('xss.markup', SCORE.strong, start, stop)
      return stop
    }
    this.#inTag = next !== 62
    this.#quote = 0
    this.#inStyle = false
    this.#broken = true
    if ((word & ACTIVE) !== 0) this.#active(start)
    else if ((word & STRUCTURE) !== 0 && this.#plain) {
      const open = stop >= lower.length
      const named = (word & NAMED) !== 0 && !tag.closing && !hasAttribute(units, stop)
      const mentioned = open || named || (next === 62 && mentionedAt(units, lower, start, stop))
      this.#found('xss.markup', mentioned ? SCORE.strong : SCORE.proof, start, stop)
    }
    return stop
  }

  /** A comment at the start of a value hides what the page had behind it. */
  #comment(start: number): void {
    if (!this.#plain) return
    this.#broken = true
    this.#found('xss.comment', start === 0 ? SCORE.proof : SCORE.strong, start, start + 4)
  }

  /** An element that runs or loads something. */
  #active(start: number): void {
    const lower = this.#lower
    const units = this.#units
    const { stop, closing, prefixed } = tag
    const script = lower.startsWith('script', stop - 6)
    if (prefixed && !script && !lower.startsWith('xi:include', stop - 10)) return
    if (closing) {
      if (this.#plain) this.#found('xss.markup', script ? SCORE.proof : SCORE.strong, start, stop)
      return
    }
    const rule = script ? 'xss.script' : 'xss.element'
    const named = (tag.word & NAMED) !== 0 && !hasAttribute(units, stop)
    const mentioned = units[stop] === 62 && mentionedAt(units, lower, start, stop)
    if (named || (mentioned && !(script && this.#scriptEnds(stop)))) {
      if (this.#plain) this.#found('xss.mention', SCORE.strong, start, stop)
      return
    }
    // Documents embed videos and link to styles; only script runs in them by itself.
    this.#found(rule, script || this.#plain ? SCORE.proof : SCORE.weak, start, stop)
  }

  #scriptEnds(at: number): boolean {
    if (this.#scriptEnd < at) {
      const end = this.#lower.indexOf('</script', at)
      this.#scriptEnd = end < 0 ? this.#lower.length : end
    }
    return this.#scriptEnd < this.#lower.length
  }

  /** A parameter rather than a document or a field of markup. */
  get #plain(): boolean {
    return !this.#value.document && this.#value.hint !== 'html'
  }
}

const NOT_A_TAG = new Uint8Array(128)
for (const char of ':,;@(.') NOT_A_TAG[char.charCodeAt(0)] = 1

/** `>`, `-`, `/`: what may stand between quotes of a row. */
function isQuoteGlue(code: number): boolean {
  return code === 62 || code === 45 || code === 47
}

function isHex(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 102)
}

function callsWithin(lower: string, at: number): boolean {
  const text = lower.slice(at, at + 48)
  return text.includes('(') || text.includes('`')
}
