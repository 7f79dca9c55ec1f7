/** Something that can stand on a roll. */
export interface Enrolled {
  /** Where it stands; -1: on none. Kept by the roll. */
  seat: number
}

/**
 * What is open at the moment, for things that come and go thousands of times a second. A Set would do but for the collector: at
 * every growth it leaves its old table behind, with what was open then and a link to the next table, and once one of these has grown
 * old, no young collection frees any that follow (measured: half of all that requests allocate outlived it, 18 % of CPU).
 */
export class Roll<T extends Enrolled> implements Iterable<T> {
  readonly #members: T[] = []

  get size(): number {
    return this.#members.length
  }

  add(member: T): void {
    member.seat = this.#members.length
    this.#members.push(member)
  }

  /** False when it was not there. The last one takes its seat. */
  delete(member: T): boolean {
    const { seat } = member
    if (this.#members[seat] !== member) return false
    const last = this.#members.pop()!
    if (last !== member) {
      this.#members[seat] = last
      last.seat = seat
    }
    member.seat = -1
    return true
  }

  /** Those of this moment, whatever comes and goes meanwhile. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.slice().values()
  }
}
