import { LOOKBACK_MS } from '../../../core/series/series.ts'
import { isAfter, type LeftEdge } from '../../../core/series/window.ts'
import { countUpTo, type Columns } from '../columns.ts'
import { emptyLine, put, timeOf, type Line, type Steps } from './lines.ts'

/** What a selector sees of a series at each step: the newest sample of the lookback, unless the series ended after it. */
export function instantLine(columns: Columns, steps: Steps, { offsetMs, edge }: Looking): Line {
  const { metric, labels, times, values, ends, folds } = columns
  // What is held less often is looked for further back.
  const lookbackMs = LOOKBACK_MS + (folds?.resolutionMs ?? 0)
  const line = emptyLine(metric, labels, steps)
  for (let step = 0; step < steps.count; step++) {
    const atMs = timeOf(steps, step) - offsetMs
    const newest = countUpTo(times, atMs) - 1
    if (newest < 0 || !isAfter(times[newest]!, atMs - lookbackMs, edge)) continue
    const ended = countUpTo(ends, atMs) - 1
    if (ended < 0 || ends[ended]! < times[newest]!) put(line, step, values[newest]!)
  }
  return line
}

export interface Looking {
  readonly offsetMs: number
  readonly edge: LeftEdge
}
