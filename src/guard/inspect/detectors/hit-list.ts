import type { Hit } from '../detector.ts'
import { SCORE } from '../detector.ts'

const HITS_MAX = 6

/** Hits of one value in the order the port asks for: proof first, each rule once, a bounded number. */
export class HitList {
  #proof: Hit | null = null
  readonly #rest: Hit[] = []

  /** Whether nothing that could follow would change the verdict. */
  get proven(): boolean {
    return this.#proof !== null
  }

  add(hit: Hit): void {
    if (hit.score >= SCORE.proof) this.#proof ??= hit
    else if (this.#rest.length < HITS_MAX && !this.#rest.some(({ rule }) => rule === hit.rule)) this.#rest.push(hit)
  }

  /** Hands everything over and forgets it. */
  flush(report: (hit: Hit) => void): void {
    const proof = this.#proof
    if (proof !== null) report(proof)
    if (this.#rest.length > 0) {
      for (const hit of this.#rest.toSorted((one, other) => other.score - one.score)) {
        if (hit.rule !== proof?.rule) report(hit)
      }
      this.#rest.length = 0
    }
    this.#proof = null
  }
}
