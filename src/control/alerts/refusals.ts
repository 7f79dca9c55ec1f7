/** Rules that cannot be answered as the series are now: each is told once when that begins, and once when it is over. */
export class Refusals {
  readonly #tell: (text: string) => void
  #known: ReadonlyMap<string, string> = new Map()

  constructor(tell: (text: string) => void) {
    this.#tell = tell
  }

  /** @param refused of the newest look at all rules, by name, with why */
  note(refused: ReadonlyMap<string, string>): void {
    for (const [rule, because] of refused)
      if (!this.#known.has(rule)) this.#tell(`${rule} cannot be evaluated, and says nothing: ${because}`)
    for (const rule of this.#known.keys()) if (!refused.has(rule)) this.#tell(`${rule} can be evaluated again`)
    this.#known = refused
  }
}
