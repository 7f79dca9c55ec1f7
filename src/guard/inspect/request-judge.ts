import type { Evidence } from '../event.ts'
import type { GuardRequest } from '../request.ts'
import type { Location, ThreatMode } from '../threats.ts'
import { SCORE, TELL_AT } from './detector.ts'
import { printable } from './excerpt.ts'
import { CurrentFacts } from './facts.ts'
import type { Place, ValueJudge } from './judge.ts'
import type { CleanMemory } from './memory.ts'
import type { BodyFacts, RequestDetector, RequestHit } from './request-detector.ts'
import { isAttack, withRisk } from './score.ts'
import { isExcepted } from './settings.ts'
import type { Settings } from './settings.ts'
import { readCookies } from './values/cookies.ts'
import { looksLikeGraphql, readGraphql } from './values/graphql.ts'
import { JsonReader } from './values/json.ts'
import type { ValueSink } from './values/sink.ts'
import { readParameters, readPath } from './values/target.ts'
import { CLEAN, EVIDENCE_MAX } from './verdict.ts'
import type { InspectVerdict } from './verdict.ts'

/** JSON within JSON within a parameter is the deepest that is taken apart. */
const NESTED_MAX = 2
/** What a part of a request may leave behind as evidence while it is judged. */
const EVIDENCE_KEPT_MAX = 64

/** Judges one request at a time, value by value as they are found. */
export class RequestJudge implements ValueSink {
  readonly facts = new CurrentFacts()
  readonly #values: ValueJudge
  readonly #requestDetectors: readonly RequestDetector[]
  readonly #memory: CleanMemory
  readonly #place: { -readonly [Key in keyof Place]: Place[Key] } = {
    location: 'query',
    name: '',
    hint: null,
    method: '',
    exceptions: [],
  }
  readonly #takeHit: (hit: RequestHit) => void
  #settings!: Settings
  #risk = 0
  #worst = 0
  #wholeStrong = 0
  #wholeWeak = 0
  /** All there ever were, those that an exception names included. */
  #hits = 0
  #evidence: Evidence[] = []
  readonly #surplus: Evidence[] = []
  #nested = 0
  /** Whether values are judged; otherwise they are facts alone. */
  #judging = true

  constructor(values: ValueJudge, requestDetectors: readonly RequestDetector[], memory: CleanMemory) {
    this.#values = values
    this.#requestDetectors = requestDetectors
    this.#memory = memory
    this.#takeHit = (hit) => this.#takeWhole(hit)
  }

  /** Judges a head. */
  head(request: GuardRequest, settings: Settings, risk: number): InspectVerdict {
    this.#start(request, settings, risk)
    this.#target()
    const fields = request.fields ?? null
    const known = fields === null ? null : this.#memory.knowsBlock(request.method, fields)
    this.facts.fieldsAreClean = known === true
    const before = this.#values.reported
    const hits = this.#hits
    if (known !== true) {
      const { headers } = request
      for (let index = 0; index + 1 < headers.length; index += 2) this.#header(headers[index]!, headers[index + 1]!)
    }
    const reported = this.#values.reported !== before
    for (const detector of this.#requestDetectors) detector.head?.(this.facts, this.#takeHit)
    if (known === false && !reported && this.#hits === hits && isAlwaysClean(this.facts))
      this.#memory.rememberBlock(request.method, fields!)
    return this.verdict()
  }

  /** Begins with the body of a request whose head has been judged. */
  startBody(request: GuardRequest, settings: Settings, risk: number): void {
    this.#start(request, settings, risk)
    this.#judging = false
    this.#target()
    this.#judging = true
  }

  /** Ends with it. */
  endBody(body: BodyFacts): InspectVerdict {
    this.facts.body = body
    for (const detector of this.#requestDetectors) detector.body?.(this.facts, this.#takeHit)
    return this.verdict()
  }

  /** What has been found so far. */
  verdict(): InspectVerdict {
    if (this.#evidence.length === 0) return CLEAN
    const whole = this.#wholeStrong > 0 ? this.#wholeStrong + this.#wholeWeak : Math.min(this.#wholeWeak, TELL_AT - 1)
    const score = withRisk(this.#worst + whole, this.#risk)
    const evidence = this.#evidence.toSorted((a, b) => b.score - a.score).slice(0, EVIDENCE_MAX)
    const attack = isAttack(score)
    return {
      refused: attack && this.#settings.mode === BLOCK,
      attack,
      told: score >= TELL_AT,
      score: Math.round(score),
      class: evidence[0]!.class,
      evidence,
    }
  }

  value(location: Location, name: string, text: string): void {
    if (text.length === 0) return
    if (location !== 'path') this.facts.add(location, name, text)
    if (text.length > 1 && this.#structured(location, name, text)) return
    if (!this.#judging || this.#isCertain()) return
    this.#at(location, name)
    this.#place.hint = this.#settings.hint(location, name)
    this.#worst = Math.max(this.#worst, this.#values.value(text, this.#place, this.#kept()))
  }

  key(location: Location, path: string, key: string): void {
    if (!this.#judging || key.length === 0 || this.#isCertain()) return
    // A whole document where a form was announced, as some webhooks come.
    if (key.length > 1 && this.#structured(location, '', key)) return
    if (this.#memory.knows(KEYS, key)) return
    const before = this.#values.reported
    this.#at(location, path)
    this.#place.hint = null
    this.#worst = Math.max(this.#worst, this.#values.key(key, this.#place, this.#kept()))
    if (this.#values.reported === before) this.#memory.remember(KEYS, key)
  }

  #start(request: GuardRequest, settings: Settings, risk: number): void {
    this.facts.start(request)
    this.#settings = settings
    this.#risk = risk
    this.#worst = 0
    this.#wholeStrong = 0
    this.#wholeWeak = 0
    if (this.#evidence.length > 0) this.#evidence = []
    this.#place.method = request.method
    this.#place.exceptions = settings.exceptions
  }

  #target(): void {
    readPath(this.facts.path, this)
    if (this.facts.query !== '') readParameters(this.facts.query, 'query', this)
  }

  #header(rawName: string, value: string): void {
    if (this.#memory.knows(rawName, value)) return
    const name = rawName.toLowerCase()
    const before = this.#values.reported
    if (name === 'cookie') {
      readCookies(value, this)
    } else if (value.length > 0) {
      this.#at('header', name)
      this.#place.hint = null
      this.#worst = Math.max(this.#worst, this.#values.value(value, this.#place, this.#kept()))
    }
    if (this.#values.reported === before) this.#memory.remember(rawName, value)
  }

  /** Takes apart what is JSON or GraphQL in itself; whether it was. */
  #structured(location: Location, name: string, text: string): boolean {
    const first = text.charCodeAt(0)
    if (first === 123 || first === 91) {
      if (isJson(text) && this.#nested < NESTED_MAX) {
        this.#nested += 1
        new JsonReader(location, this, name).read(text, true)
        this.#nested -= 1
        return true
      }
    }
    const mayBeGraphql = name === 'query' || name.endsWith('.query') || location === 'graphql'
    if (!mayBeGraphql || !looksLikeGraphql(text)) return false
    this.facts.addDocument(text)
    readGraphql(text, this)
    return true
  }

  #at(location: Location, name: string): void {
    this.#place.location = location
    this.#place.name = name
  }

  /** It is an attack, and there is more evidence than anybody reads: what follows can change nothing. */
  #isCertain(): boolean {
    return this.#evidence.length >= EVIDENCE_KEPT_MAX && isAttack(this.#worst)
  }

  /** Where evidence goes; once there is plenty, what is new is not kept. */
  #kept(): Evidence[] {
    if (this.#evidence.length < EVIDENCE_KEPT_MAX) return this.#evidence
    this.#surplus.length = 0
    return this.#surplus
  }

  #takeWhole(hit: RequestHit): void {
    this.#hits += 1
    if (isExcepted(this.#settings.exceptions, hit.class, hit.location, hit.name)) return
    if (hit.score >= SCORE.strong) this.#wholeStrong += hit.score
    else this.#wholeWeak += hit.score
    const { class: threat, rule, location, name, score } = hit
    this.#kept().push({ class: threat, rule, location, name, excerpt: printable(hit.excerpt), score })
  }
}

const KEYS = ' keys'
const BLOCK: ThreatMode = 'block'

/** How many ranges are too many depends on the path. Everything else that is asked of fields depends on them and the method. */
function isAlwaysClean(facts: CurrentFacts): boolean {
  return facts.header('range') === undefined
}

/** Whether a value is JSON as a whole, an object or a list. */
function isJson(text: string): boolean {
  const last = text.charCodeAt(text.length - 1)
  if (last !== 125 && last !== 93) return false
  const second = text.charCodeAt(1)
  // What begins a member or an element; `{{7*7}}` and `[link](…)` end here.
  if (!JSON_SECOND.has(second)) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const JSON_SECOND: ReadonlySet<number> = new Set(Buffer.from('"[{]}-0123456789tfn \n\r\t'))
