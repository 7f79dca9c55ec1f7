/** What a hit counts where it stands. */
import type { Hit, Value } from './detector.ts'
import { BLOCK_AT, SCORE, TELL_AT } from './detector.ts'

/** Added to a strong hit that only decoding several times over brought to light: nobody writes like that by accident. */
const HIDDEN = 20
/** What a client's risk of 100 adds to a value that is told anyway. */
const RISK_WEIGHT = 0.4
/** Weak hits alone stay below what is told. */
const WEAK_ALONE_MAX = TELL_AT - 1

/** The hit's part of its value's score, 0 where the context says that it means nothing. */
export function contextual(hit: Hit, value: Value): number {
  const { score } = hit
  const isProof = score >= SCORE.proof
  switch (value.hint) {
    case 'code':
      // Source code holds whatever the classes look for. What acts on being logged or deserialised counts in it as well.
      return isProof && (hit.class === 'jndi' || hit.class === 'deserialisation') ? score : 0
    case 'password':
      return isProof ? score : 0
    case 'html':
      return hit.class === 'xss' || hit.class === 'jndi' || hit.class === 'deserialisation'
        ? score
        : isProof
          ? SCORE.weak
          : 0
    case 'text':
      return isProof ? score : score / 2
    case 'url':
    case null:
      break
  }
  if (isProof) return score
  if (value.document) return score / 2
  return value.rounds >= 2 && score >= SCORE.strong ? score + HIDDEN : score
}

/** The sum of a value's hits, each rule once. */
export class ValueScore {
  #strong = 0
  #weak = 0

  clear(): void {
    this.#strong = 0
    this.#weak = 0
  }

  add(score: number): void {
    if (score >= TELL_AT) this.#strong += score
    else this.#weak += score
  }

  get total(): number {
    return this.#strong > 0 ? this.#strong + this.#weak : Math.min(this.#weak, WEAK_ALONE_MAX)
  }
}

/** A request's score from that of its worst value and the client's risk (0 to 100). */
export function withRisk(score: number, risk: number): number {
  return score >= TELL_AT ? score + risk * RISK_WEIGHT : score
}

export function isAttack(score: number): boolean {
  return score >= BLOCK_AT
}
