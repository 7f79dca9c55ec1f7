import { DOWN_SHARE, TOLERANCE, UP_FACTOR, UP_STEP, type ScaleTiming } from './timing.ts'

export const MEASURES = ['cpu', 'memory', 'rate', 'queue'] as const
export type MeasureName = (typeof MEASURES)[number]

export interface Measure {
  readonly name: MeasureName
  /** Of one instance, on average; null: no data, which is never zero. */
  readonly value: number | null
  /** In the unit of `value`. */
  readonly target: number
  /** Why there is no data, or not of every instance; null when all is known. */
  readonly missing: string | null
}

/** What was seen at one instant. */
export interface Look {
  readonly at: number
  readonly wanted: number
  /** Those that take traffic. */
  readonly running: number
  readonly measures: readonly Measure[]
}

export interface Decision {
  readonly want: number
  readonly because: string
}

export interface Bounds {
  readonly min: number
  readonly max: number
}

/**
 * How many instances a service should have, by everything seen within the window, the newest look last. Up at once, by what
 * the newest look wants; down only to the most that the whole window wanted. What is not known changes nothing: it counts as
 * wanting what there is.
 */
export function decide(looks: readonly Look[], { min, max }: Bounds, now: number, timing: ScaleTiming): Decision {
  const newest = looks.at(-1)
  if (newest === undefined) return { want: min, because: 'nothing was seen yet' }
  const { wanted } = newest
  const within = (want: number): number => Math.min(max, Math.max(min, want))
  const { want, because } = wantOf(newest)
  if (want > wanted) {
    const before = Math.min(...since(looks, now - timing.upMs).map((look) => look.wanted))
    const most = Math.max(before * UP_FACTOR, before + UP_STEP)
    return { want: within(Math.max(wanted, Math.min(want, most))), because }
  }
  const isWindowKnown = looks[0]!.at <= now - timing.windowMs
  if (want === wanted || !isWindowKnown) return { want: within(wanted), because }
  const highest = Math.max(...since(looks, now - timing.windowMs).map((look) => wantOf(look).want))
  const before = Math.max(...since(looks, now - timing.downMs).map((look) => look.wanted))
  const least = before - Math.max(1, Math.floor(before * DOWN_SHARE))
  return { want: within(Math.min(wanted, Math.max(highest, least))), because }
}

/** The largest of what the measures want; each one that lacks data wants at least what there is. */
function wantOf({ measures, running, wanted }: Look): Decision {
  const wants = measures.map((measure) => {
    const { value, target, missing } = measure
    if (value === null || running === 0) return { want: wanted, because: `${measure.name}: no data` }
    const ratio = value / target
    const want = Math.abs(ratio - 1) <= TOLERANCE + 1e-9 ? running : Math.max(1, Math.ceil(running * ratio - 1e-9))
    const because = `${measure.name} ${show(measure.name, value)} an instance, target ${show(measure.name, target)}`
    return { want: missing === null ? want : Math.max(want, wanted), because }
  })
  return wants.reduce((most, one) => (one.want > most.want ? one : most), wants[0] ?? { want: wanted, because: '' })
}

function since(looks: readonly Look[], from: number): readonly Look[] {
  const found = looks.filter(({ at }) => at >= from)
  return found.length > 0 ? found : looks.slice(-1)
}

function show(name: MeasureName, value: number): string {
  switch (name) {
    case 'cpu':
    case 'memory':
      return `${(value * 100).toFixed(0)} %`
    case 'rate':
      return `${Number(value.toFixed(1))}/s`
    case 'queue':
      return String(Number(value.toFixed(1)))
  }
}
