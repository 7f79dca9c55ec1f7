import type { Labels } from '../../src/core/series/labels.ts'
import type { Reading } from '../../src/core/series/series.ts'
import { randomFrom, type Random } from '../../test/seeded/random.ts'

/** A series as an app has it: what it counts, measures, or always says. */
interface Made {
  readonly metric: string
  readonly labels: Labels
  readonly next: (random: Random) => number
}

type Make = (random: Random) => (random: Random) => number

/** Of a hundred series, so many. */
const MIX: readonly (readonly [share: number, metric: string, make: Make])[] = [
  [40, 'requests_total', counts],
  [20, 'duration_seconds_bucket', counts],
  [15, 'memory_bytes', pages],
  [10, 'cpu_seconds_total', hundredths],
  [10, 'up', () => () => 1],
  [5, 'temperature', floats],
]

/** Yields the readings of every tick; what they cost to make is to be taken off by measuring it alone. */
export function makeSeries(count: number): (atMs: number) => readonly Reading[] {
  const random = randomFrom(1)
  const made = MIX.flatMap(([share, metric, make]) =>
    Array.from({ length: Math.round((share * count) / 100) }, (_, index): Made => {
      const labels = { service: `service-${index % 10}`, instance: `instance-${index % 50}`, index: String(index) }
      return { metric, labels, next: make(random) }
    }),
  )
  return (atMs) => made.map(({ metric, labels, next }) => ({ metric, labels, atMs, value: next(random) }))
}

function counts(random: Random): (random: Random) => number {
  // Most counters of an app hardly ever count.
  const traffic = random.pick([0, 0, 1, 5, 200])
  let count = 0
  return (next) => (count += next.below(traffic + 1))
}

function pages(random: Random): (random: Random) => number {
  let held = 4_096 * (10_000 + random.below(50_000))
  return (next) => (next.chance(0.5) ? held : (held += 4_096 * (next.below(201) - 100)))
}

function hundredths(random: Random): (random: Random) => number {
  const busy = random.pick([0, 2, 100])
  let hundredth = 0
  return (next) => (hundredth += next.below(busy + 1)) / 100
}

function floats(random: Random): (random: Random) => number {
  let held = 20 + random.below(1_000) / 7
  return (next) => (held += next.below(1_000) / 7_000 - 1 / 14)
}
