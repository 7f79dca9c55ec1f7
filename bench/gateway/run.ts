/** Rounds of one group: all targets run at once and are asked in turn, after a warm-up of each. */
import { ask, type Sample } from './load.ts'
import type { Group } from './groups.ts'
import type { Place, Running } from './place.ts'
import type { Target } from './targets.ts'

export interface Timing {
  readonly rounds: number
  readonly seconds: number
  /** The first end of connections under load takes back some of what V8 has compiled: one load would leave that to the first rounds. */
  readonly warmUp: { readonly loads: number; readonly seconds: number }
}

export interface Result {
  readonly target: Target
  readonly samples: readonly Sample[]
}

export async function runGroup(group: Group, place: Place, timing: Timing): Promise<readonly Result[]> {
  return withAll(group.targets, place, async (running) => {
    for (const target of running) {
      for (let load = 0; load < timing.warmUp.loads; load++) await ask(target, group.request, timing.warmUp.seconds)
    }
    const samples: Sample[][] = running.map(() => [])
    for (let round = 0; round < timing.rounds; round++) {
      for (const [index, target] of running.entries()) {
        samples[index]!.push(await ask(target, group.request, timing.seconds))
      }
    }
    return group.targets.map((target, index) => ({ target, samples: samples[index]! }))
  })
}

/** Starts them all, hands them over, and ends them whatever happens. */
export async function withAll<T>(
  targets: readonly Target[],
  place: Place,
  act: (running: readonly Running[]) => Promise<T>,
): Promise<T> {
  const running: Running[] = []
  try {
    for (const target of targets) running.push(await target.start(place))
    return await act(running)
  } finally {
    await Promise.all(running.map((each) => each.stop()))
  }
}
