import type { Ability, Place, Target } from './place.ts'

/** Who is told what was measured on the way. */
export interface Told {
  diagnostic(text: string): void
}

export interface Scenario {
  readonly name: string
  /** Begins where nothing is: with a place of its own. */
  readonly fresh?: true
  /** A target that lacks it has it refused by its code. */
  readonly ability?: Ability
  /** About how long it takes, by which samples are drawn. */
  readonly seconds: Readonly<Record<Target, number>>
  /** The same on every target. */
  run(place: Place, t: Told): Promise<void>
}
