import type { Evidence } from '../event.ts'
import type { FieldHint, Location } from '../threats.ts'
import { BASE64_CHARS_MIN, decodeBase64 } from './decode/base64.ts'
import { DECODABLE, ROUNDS_MAX, decodeRound } from './decode/round.ts'
import { CHARS } from './detector.ts'
import type { Detector, Hit } from './detector.ts'
import type { PreparedException } from './exceptions.ts'
import { excerptOf } from './excerpt.ts'
import { ENGINE_CHARS } from './scan/chars.ts'
import { createScanner } from './scan/scanner.ts'
import type { Scanner } from './scan/scanner.ts'
import { ValueScore, contextual, isAttack } from './score.ts'
import { isExcepted } from './settings.ts'
import { isImageUri, isToken } from './token.ts'
import { CurrentValue, isDocument } from './value.ts'
import { VALUE_OVERLAP_CHARS } from './values/bounds.ts'

/** Characters a detector is shown at once; longer values are judged in pieces that overlap. */
export const VALUE_CHARS_MAX = 65_536
/** Characters of a key that say nothing beyond its letters. */
const PLAIN_KEY =
  CHARS.word |
  CHARS.digit |
  CHARS.underscore |
  CHARS.bracket |
  CHARS.dollar |
  CHARS.colon |
  CHARS.space |
  ENGINE_CHARS.other

export interface Place {
  readonly location: Location
  readonly name: string
  readonly hint: FieldHint | null
  readonly method: string
  readonly exceptions: readonly PreparedException[]
}

/** Judges one value at a time. */
export interface ValueJudge {
  /**
   * The value's score; 0 when nothing speaks against it. Evidence for it is appended to `evidence`.
   */
  value(text: string, place: Place, evidence: Evidence[]): number
  /** The same for a name that the client chose. */
  key(key: string, place: Place, evidence: Evidence[]): number
  /** How many hits detectors have reported so far, those that count nothing where they stand included. */
  readonly reported: number
}

export function createValueJudge(detectors: readonly Detector[]): ValueJudge {
  return new DetectorJudge(detectors)
}

class DetectorJudge implements ValueJudge {
  reported = 0
  readonly #detectors: readonly Detector[]
  readonly #scanner: Scanner
  readonly #namesBits: number
  readonly #current = new CurrentValue()
  readonly #score = new ValueScore()
  readonly #report: (hit: Hit) => void
  #evidence: Evidence[] = []
  /** Where this value's evidence begins. */
  #first = 0
  #place: Place = { location: 'query', name: '', hint: null, method: '', exceptions: [] }

  constructor(detectors: readonly Detector[]) {
    this.#detectors = detectors
    this.#scanner = createScanner(detectors)
    this.#namesBits = detectors.reduce((bits, { names }, index) => (names === true ? bits | (1 << index) : bits), 0)
    this.#report = (hit) => this.#take(hit)
  }

  value(text: string, place: Place, evidence: Evidence[]): number {
    return this.#judge(text, place, evidence, -1)
  }

  key(key: string, place: Place, evidence: Evidence[]): number {
    this.#scanner.scan(key)
    const { mask, asked } = this.#scanner
    // A key of plain letters is a name; one with quotes, angles or parentheses is somebody's payload.
    const isPlain = (mask & ~PLAIN_KEY) === 0
    if (isPlain && (asked & this.#namesBits) === 0) return 0
    return this.#judge(key, place, evidence, isPlain ? this.#namesBits : -1)
  }

  #judge(text: string, place: Place, evidence: Evidence[], only: number): number {
    this.#evidence = evidence
    this.#place = place
    if (text.length <= VALUE_CHARS_MAX) return this.#piece(text, place, only)
    let worst = 0
    for (let start = 0; start < text.length && !isAttack(worst); start += VALUE_CHARS_MAX - VALUE_OVERLAP_CHARS) {
      worst = Math.max(worst, this.#piece(text.slice(start, start + VALUE_CHARS_MAX), place, only))
    }
    return worst
  }

  #piece(text: string, place: Place, only: number): number {
    const scanner = this.#scanner
    scanner.scan(text)
    const { mask } = scanner
    const mayBeBase64 = (mask & (ENGINE_CHARS.other | CHARS.nonAscii)) === 0 && text.length >= BASE64_CHARS_MIN
    if ((scanner.asked & only) === 0 && (mask & DECODABLE) === 0 && !mayBeBase64) return 0

    this.#score.clear()
    this.#first = this.#evidence.length
    const current = this.#current
    current.location = place.location
    current.name = place.name
    current.hint = place.hint
    current.method = place.method
    current.document = isDocument(text, place.location)
    const isOpaque = mayBeBase64 ? isToken(text) : text.length > 64 && isImageUri(text)
    if (!isOpaque) this.#ask(text, mask, scanner.asked & only, 0)
    this.#further(text, mask, only)
    return this.#score.total
  }

  /** Judges what decoding brings to light, form by form. */
  #further(text: string, mask: number, only: number): void {
    let form = text
    let formMask = mask
    let mayBeBase64 = true
    for (let round = 1; round <= ROUNDS_MAX; round++) {
      const hidden: string | null = mayBeBase64 ? decodeBase64(form, formMask) : null
      mayBeBase64 &&= hidden === null
      const next = hidden ?? decodeRound(form, formMask)
      if (next === form || isAttack(this.#score.total)) return
      form = next
      this.#scanner.scan(form)
      formMask = this.#scanner.mask
      this.#ask(form, formMask, this.#scanner.asked & only, round)
    }
  }

  #ask(text: string, mask: number, asked: number, rounds: number): void {
    if (asked === 0) return
    this.#current.set(text, mask, rounds)
    // More evidence for what is certain would only cost time.
    for (let left = asked; left !== 0 && !isAttack(this.#score.total); left &= left - 1) {
      this.#detectors[31 - Math.clz32(left & -left)]!.detect(this.#current, this.#report)
    }
  }

  #take(hit: Hit): void {
    this.reported += 1
    const score = contextual(hit, this.#current)
    const { location, name, exceptions } = this.#place
    if (score <= 0 || isExcepted(exceptions, hit.class, location, name)) return
    const evidence = this.#evidence
    for (let index = this.#first; index < evidence.length; index++) if (evidence[index]!.rule === hit.rule) return
    this.#score.add(score)
    evidence.push({
      class: hit.class,
      rule: hit.rule,
      location,
      name,
      excerpt: excerptOf(this.#current.text, hit.start, hit.end, location, name),
      score: Math.round(score),
    })
  }
}
