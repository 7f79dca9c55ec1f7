/** Seeded series with what happens to real ones: gaps, resets, no traffic, ends, and beginnings after them. */
import type { Labels } from '../../../src/core/series/labels.ts'
import { SCRAPE_MS, type Reading } from '../../../src/core/series/series.ts'
import { randomFrom, type Random } from '../random.ts'

export const SAMPLES = 120

export interface DrawnSeries {
  readonly metric: string
  readonly labels: Labels
  /** One each SCRAPE_MS from 0 on; undefined is a gap, null an end. */
  readonly values: readonly (number | null | undefined)[]
}

/** The series of one set, told from the others' by the label `set`. */
export function drawSet(seed: number): readonly DrawnSeries[] {
  const random = randomFrom(seed)
  const set = String(seed)
  return [
    ...['a', 'b'].flatMap((service) => [
      ...['2xx', '4xx', '5xx', 'aborted'].map((status): DrawnSeries => {
        const perScrape = status === '2xx' ? 6 : random.pick([0, 0, 1, 3])
        return { metric: 'requests_total', labels: { set, service, status }, values: counter(random, perScrape) }
      }),
      ...histogram(random, { set, service }),
    ]),
    ...['1', '2'].flatMap((instance): DrawnSeries[] => [
      { metric: 'memory_bytes', labels: { set, instance }, values: gauge(random) },
      { metric: 'up', labels: { set, instance }, values: upness(random) },
      { metric: 'seen_timestamp_seconds', labels: { set, instance }, values: stamps(random) },
    ]),
  ]
}

export function readingsOf({ metric, labels, values }: DrawnSeries): readonly Reading[] {
  return values.flatMap((value, index) =>
    value === undefined ? [] : [{ metric, labels, atMs: index * SCRAPE_MS, value }],
  )
}

/** The series as promtool's unit tests and `promtool tsdb` read them. */
export function notationOf(values: DrawnSeries['values']): string {
  return values.map((value) => (value === undefined ? '_' : value === null ? 'stale' : String(value))).join(' ')
}

function counter(random: Random, perScrape: number): DrawnSeries['values'] {
  let held = random.below(4) === 0 ? 0 : random.below(1_000)
  let traffic = perScrape
  return holed(random, () => {
    if (random.chance(0.03)) traffic = random.pick([0, 0, perScrape, perScrape * 5])
    if (random.chance(0.02)) held = random.below(5)
    return (held += random.below(traffic * 2 + 1))
  })
}

/** Cumulative buckets; of some sets without the bucket of everything, of some not rising. */
function histogram(random: Random, labels: Labels): readonly DrawnSeries[] {
  const bounds = random.chance(0.1) ? ['0.1', '0.25', '0.5'] : ['0.1', '0.25', '0.5', '+Inf']
  const sinks = random.chance(0.2)
  const shares = [0.4, 0.6, 0.8, 1].map((share) => share - (sinks ? random.below(30) / 100 : 0))
  let all = 0
  const counts = Array.from({ length: SAMPLES }, () => (all += random.chance(0.7) ? random.below(20) : 0))
  const gaps = holes(random)
  return bounds.map((le, index) => ({
    metric: 'duration_seconds_bucket',
    labels: { ...labels, le },
    values: counts.map((count, at) => (gaps[at] === 'sample' ? Math.floor(count * shares[index]!) : holeOf(gaps[at]!))),
  }))
}

function gauge(random: Random): DrawnSeries['values'] {
  let held = 50
  return holed(random, () => {
    held = Math.max(0, held + random.below(2_001) / 100 - 10)
    return random.chance(0.01) ? NaN : Number(held.toFixed(2))
  })
}

function upness(random: Random): DrawnSeries['values'] {
  let up = 1
  return holed(random, () => {
    if (random.chance(0.08)) up = 1 - up
    return up
  })
}

function stamps(random: Random): DrawnSeries['values'] {
  let stamp = 0
  let second = -10
  return holed(random, () => {
    second += 10
    if (random.chance(0.3)) stamp = second
    return stamp
  })
}

type Hole = 'sample' | 'gap' | 'end'

function holed(random: Random, next: () => number): DrawnSeries['values'] {
  return holes(random).map((hole) => {
    const value = next()
    return hole === 'sample' ? value : holeOf(hole)
  })
}

function holeOf(hole: Hole): null | undefined {
  return hole === 'end' ? null : undefined
}

/** Single gaps, long ones of up to seven minutes, and ends that a pause follows. */
function holes(random: Random): readonly Hole[] {
  const found: Hole[] = []
  while (found.length < SAMPLES) {
    if (random.chance(0.03)) found.push('gap')
    else if (random.chance(0.005)) found.push(...Array.from({ length: 5 + random.below(38) }, (): Hole => 'gap'))
    else if (random.chance(0.006)) found.push('end', ...Array.from({ length: random.below(30) }, (): Hole => 'gap'))
    else found.push('sample')
  }
  return found.slice(0, SAMPLES)
}
