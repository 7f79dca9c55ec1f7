import { randomFrom } from '../../seeded/random.ts'
import type { Target } from './place.ts'
import type { Scenario } from './scenario.ts'

export interface Draw {
  readonly target: Target
  readonly seed: number
  /** What all that are drawn may take together. */
  readonly seconds: number
}

/** Some scenarios in some order, the same for the same seed. What no longer fits into the time is passed over. */
export function draw(scenarios: readonly Scenario[], { target, seed, seconds }: Draw): readonly Scenario[] {
  const random = randomFrom(seed)
  const left = [...scenarios]
  const drawn: Scenario[] = []
  let spent = 0
  while (left.length > 0) {
    const [next] = left.splice(random.below(left.length), 1)
    if (spent + next!.seconds[target] > seconds) continue
    spent += next!.seconds[target]
    drawn.push(next!)
  }
  return drawn
}

/** A few of a list, in its order. */
export function drawSome<T>(list: readonly T[], count: number, seed: number): readonly T[] {
  const random = randomFrom(seed)
  const left = [...list.keys()]
  const drawn = Array.from(
    { length: Math.min(count, list.length) },
    () => left.splice(random.below(left.length), 1)[0]!,
  )
  return drawn.toSorted((one, other) => one - other).map((index) => list[index]!)
}

/** `SEED`, where somebody repeats a run. */
export function seedOf(text: string | undefined): number {
  const seed = text === undefined ? Math.floor(Math.random() * 1e6) : Number(text)
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`SEED is a whole number, not '${text}'`)
  return seed
}
