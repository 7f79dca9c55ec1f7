import type { Place, Target } from './place.ts'

/** Who is told what was measured on the way, and how much of it is wanted. */
export interface Told {
  diagnostic(text: string): void
  /** All of a list where the whole matrix runs; in a sample the few that its seed draws. */
  some<T>(list: readonly T[]): readonly T[]
}

export interface Scenario {
  readonly name: string
  /** Begins where nothing is: with a place of its own. */
  readonly fresh?: true
  /** About how long it takes, by which samples are drawn. */
  readonly seconds: Readonly<Record<Target, number>>
  /** The same on every target. */
  run(place: Place, t: Told): Promise<void>
}
