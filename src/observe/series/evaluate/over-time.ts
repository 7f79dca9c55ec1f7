import { Problem } from '../../../core/problem.ts'
import { extrapolation, type LeftEdge } from '../../../core/series/window.ts'
import { promqlDuration, type OverTime } from '../../../promises/expression.ts'
import { countUpTo, type Columns } from '../columns.ts'
import { emptyLine, put, timeOf, type Line, type Steps } from './lines.ts'
import type { Looking } from './select.ts'

/** `rate(series[window])` and its kin at each step; what loses its name is the caller's to merge. */
export function overTimeLine(
  columns: Columns,
  steps: Steps,
  { call, windowMs, offsetMs, edge }: Looking & { readonly call: OverTime; readonly windowMs: number },
): Line {
  checkResolution(columns, call, windowMs)
  const line = emptyLine(null, columns.labels, steps)
  const compute = READERS[call](columns, { windowMs, edge })
  const { times } = columns
  for (let step = 0; step < steps.count; step++) {
    const atMs = timeOf(steps, step) - offsetMs
    const fromMs = atMs - windowMs
    let first = countUpTo(times, fromMs)
    if (edge === 'closed' && first > 0 && times[first - 1] === fromMs) first -= 1
    const last = countUpTo(times, atMs) - 1
    if (last < first) continue
    const value = compute(first, last, atMs)
    if (value !== null) put(line, step, value)
  }
  return line
}

/** The value of the samples `first` … `last` of a window that ends at `atMs`; null: none. */
type Reader = (first: number, last: number, atMs: number) => number | null
type MakeReader = (columns: Columns, window: { readonly windowMs: number; readonly edge: LeftEdge }) => Reader

const READERS: Readonly<Record<OverTime, MakeReader>> = {
  increase: (columns, window) => growthReader(columns, window, 1),
  rate: (columns, window) => growthReader(columns, window, window.windowMs / 1_000),
  changes:
    ({ values }) =>
    (first, last) => {
      let changes = 0
      for (let index = first + 1; index <= last; index++) if (differ(values[index - 1]!, values[index]!)) changes += 1
      return changes
    },
  min_over_time: ({ values, folds }) => extremeReader(folds?.spread?.minima ?? values, (value, held) => value < held),
  max_over_time: ({ values, folds }) => extremeReader(folds?.spread?.maxima ?? values, (value, held) => value > held),
  sum_over_time: ({ values, folds }) => sumReader(folds?.spread?.sums ?? values),
  count_over_time: ({ folds }) => countReader(folds?.counts ?? null),
  avg_over_time: ({ values, folds }) => {
    const sum = sumReader(folds?.spread?.sums ?? values)
    const count = countReader(folds?.counts ?? null)
    return (first, last, atMs) => sum(first, last, atMs)! / count(first, last, atMs)!
  },
}

function differ(one: number, other: number): boolean {
  return one !== other && !(Number.isNaN(one) && Number.isNaN(other))
}

/** @param perSeconds what the growth is divided by: 1 for an increase */
function growthReader(
  columns: Columns,
  { windowMs, edge }: { readonly windowMs: number; readonly edge: LeftEdge },
  perSeconds: number,
): Reader {
  const { times, values } = columns
  const fallen = fallenUpTo(columns)
  return (first, last, atMs) => {
    if (last === first) return null
    const growth = values[last]! - values[first]! + (fallen[last]! - fallen[first]!)
    const seen = { growth, firstMs: times[first]!, firstValue: values[first]!, lastMs: times[last]! }
    const factor = extrapolation({ ...seen, points: last - first + 1 }, { atMs, windowMs }, edge)
    return growth * (factor / perSeconds)
  }
}

/** What resets took away from the first sample up to each: so that a window of any length is two look-ups. */
function fallenUpTo({ values, folds }: Columns): Float64Array {
  const fallen = new Float64Array(values.length)
  for (let index = 1; index < values.length; index++) {
    const before = values[index - 1]!
    // Of folded samples none is known where the reset fell into a gap.
    const known = folds?.drops?.[index] ?? 0
    fallen[index] = fallen[index - 1]! + (known === 0 && values[index]! < before ? before : known)
  }
  return fallen
}

function extremeReader(values: Float64Array, isBeyond: (value: number, held: number) => boolean): Reader {
  return (first, last) => {
    let held = values[first]!
    for (let index = first + 1; index <= last; index++) {
      const value = values[index]!
      if (isBeyond(value, held) || Number.isNaN(held)) held = value
    }
    return held
  }
}

function sumReader(values: Float64Array): Reader {
  return (first, last) => {
    const sum = new Sum()
    for (let index = first; index <= last; index++) sum.add(values[index]!)
    return sum.total
  }
}

function countReader(counts: Float64Array | null): Reader {
  if (counts === null) return (first, last) => last - first + 1
  return sumReader(counts)
}

/** A sum that keeps what rounding would lose (Neumaier), as Prometheus': the same numbers, the same side of a threshold. */
export class Sum {
  #sum = 0
  #lost = 0

  add(value: number): void {
    const sum = this.#sum + value
    if (!Number.isFinite(sum)) this.#lost = 0
    else if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - sum + value
    else this.#lost += value - sum + this.#sum
    this.#sum = sum
  }

  get total(): number {
    return Number.isFinite(this.#sum) ? this.#sum + this.#lost : this.#sum
  }
}

/** @throws Problem `series.too-coarse` for what folded samples cannot answer: no answer is better than a wrong one */
function checkResolution({ folds, metric }: Columns, call: OverTime, windowMs: number): void {
  if (folds === null) return
  const { resolutionMs, drops, spread } = folds
  const isGrowth = call === 'rate' || call === 'increase'
  const isKnown = isGrowth ? drops !== null : call === 'count_over_time' || (call !== 'changes' && spread !== null)
  const leastMs = isGrowth ? 2 * resolutionMs : resolutionMs
  if (isKnown && windowMs >= leastMs) return
  const held = `of that time ${metric} is held every ${promqlDuration(resolutionMs)}`
  const wrong = isKnown ? `${call} over ${promqlDuration(windowMs)} would be wrong` : `${call} is not known of it`
  const within = 'for a time within the last 24 h.'
  throw new Problem('series.too-coarse', `${held}: ${wrong}`, {
    hint: isKnown ? `Ask for a window of at least ${promqlDuration(leastMs)}, or ${within}` : `Ask ${within}`,
  })
}
