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
