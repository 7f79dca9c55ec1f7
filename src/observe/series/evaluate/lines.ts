import { Problem } from '../../../core/problem.ts'
import { seriesKey, type Labels } from '../../../core/series/labels.ts'

/** The instants that an expression is evaluated at. */
export interface Steps {
  readonly startMs: number
  readonly stepMs: number
  readonly count: number
}

/** One series of an answer: a value, or none, at each step. */
export interface Line {
  readonly metric: string | null
  readonly labels: Labels
  readonly values: Float64Array
  /** 1 where there is a value; NaN is one. */
  readonly present: Uint8Array
}

export function timeOf({ startMs, stepMs }: Steps, step: number): number {
  return startMs + step * stepMs
}

export function emptyLine(metric: string | null, labels: Labels, steps: Steps): Line {
  return { metric, labels, values: new Float64Array(steps.count), present: new Uint8Array(steps.count) }
}

export function put(line: Line, step: number, value: number): void {
  line.values[step] = value
  line.present[step] = 1
}

/** What tells a series of an answer from the others: its name, if it has one, and its labels. */
export function keyOf({ metric, labels }: Pick<Line, 'metric' | 'labels'>): string {
  return seriesKey(metric ?? '', labels)
}

/**
 * Lines that became alike, by losing their name, as one.
 * @throws Problem `series.ambiguous` where two of them have a value at the same step
 */
export function merged(lines: readonly Line[]): readonly Line[] {
  const byKey = new Map<string, Line>()
  for (const line of lines) {
    const key = keyOf(line)
    const held = byKey.get(key)
    if (held === undefined) byKey.set(key, line)
    else mergeInto(held, line)
  }
  return byKey.size === lines.length ? lines : [...byKey.values()]
}

function mergeInto(held: Line, line: Line): void {
  for (const [step, present] of line.present.entries()) {
    if (present === 0) continue
    if (held.present[step] === 1) {
      throw new Problem('series.ambiguous', `two series of the answer have the labels ${keyOf(line) || '{}'}`, {
        hint: 'Aggregate by the labels that tell them apart.',
      })
    }
    put(held, step, line.values[step]!)
  }
}
