import type { Evidence } from '../event.ts'
import type { ThreatClass } from '../threats.ts'

/** What the inspection says of a request, or of the part of it that it was shown. */
export interface InspectVerdict {
  /** The request must not go on: it looks like an attack, and the route's mode is `block`. */
  readonly refused: boolean
  /** Worth an event: `score` is at least TELL_AT. */
  readonly told: boolean
  /** It would be refused where the mode is `block`. */
  readonly attack: boolean
  /** Of the worst value, with what the context adds; 0 where nothing was found. */
  readonly score: number
  /** Of the strongest evidence. */
  readonly class: ThreatClass | null
  /** Strongest first, at most EVIDENCE_MAX. */
  readonly evidence: readonly Evidence[]
}

export const EVIDENCE_MAX = 8

/** Nothing was found. */
export const CLEAN: InspectVerdict = Object.freeze({
  refused: false,
  told: false,
  attack: false,
  score: 0,
  class: null,
  evidence: [],
})
