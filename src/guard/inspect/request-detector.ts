/**
 * The port of what is recognised in a request as a whole rather than in one value: its protocol, its sender, its shape.
 */
import type { GuardRequest } from '../request.ts'
import type { Location, ThreatClass } from '../threats.ts'

/** What a body turned out to hold. */
export type BodyFormat = 'form' | 'multipart' | 'json' | 'xml' | 'graphql' | 'text' | 'binary'

/** One part of a multipart body. */
export interface MultipartPart {
  /** Null when the part has none. */
  readonly name: string | null
  readonly fileName: string | null
  /** Names and values of its header lines in turn, as received. */
  readonly headers: readonly string[]
  readonly bytes: number
}

/** Facts of a body once it has been read as far as the engine reads. */
export interface BodyFacts {
  readonly format: BodyFormat
  /** Of what was judged. */
  readonly bytes: number
  /** Deepest nesting of JSON or XML; 0 for flat formats. */
  readonly depth: number
  /** Names whose value the reader could not take as its format says: stable words such as `multipart.no-end`. */
  readonly faults: readonly string[]
  readonly parts: readonly MultipartPart[]
}

/** What a request-level detector may look at. The same object is used again for the next request: keep nothing of it. */
export interface RequestFacts {
  readonly request: GuardRequest
  /** As received, up to the query. */
  readonly path: string
  /** As received, without `?`; '' when there is none. */
  readonly query: string
  /** First value of a header (lower-case name). */
  header(name: string): string | undefined
  /** How often it stands there. */
  headerCount(name: string): number
  /** These very fields of a request with this method were judged before, and nobody reported anything. */
  readonly fieldsAreClean: boolean
  /** Parameters and leaves found, in the order found; the body's are there once `body` is. */
  readonly count: number
  locationAt(index: number): Location
  nameAt(index: number): string
  /** As the application would read it: decoded once. */
  textAt(index: number): string
  /** GraphQL documents met (query parameter, JSON member or body). */
  readonly graphql: readonly string[]
  /** Null while only the head is known. */
  readonly body: BodyFacts | null
}

export interface RequestHit {
  readonly class: ThreatClass
  readonly rule: string
  /** SCORE.proof, SCORE.strong or SCORE.weak. */
  readonly score: number
  readonly location: Location
  readonly name: string
  /** What to show; the engine cuts and escapes it. */
  readonly excerpt: string
}

export interface RequestDetector {
  readonly name: string
  /** Asked for every request once its head is known. Never throws. */
  head?(facts: RequestFacts, report: (hit: RequestHit) => void): void
  /** Asked once more when a body has been read. Never throws. */
  body?(facts: RequestFacts, report: (hit: RequestHit) => void): void
}
