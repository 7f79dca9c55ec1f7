import { Problem } from '../../../core/problem.ts'
import { only, seriesKey, type Labels } from '../../../core/series/labels.ts'
import { isComparison } from '../../../promises/expression/kind.ts'
import { resultOf, type NumberOperator } from '../../../promises/expression/operators.ts'
import { emptyLine, merged, put, type Line, type Steps } from './lines.ts'

type SetOperator = 'and' | 'or' | 'unless'

/** Series with a number for each step. Compared, it is always the series' value that stays. */
export function withNumber(
  lines: readonly Line[],
  numbers: Float64Array,
  { op, isNumberLeft }: { readonly op: NumberOperator; readonly isNumberLeft: boolean },
): readonly Line[] {
  const results = lines.map((line): Line => {
    const steps = { startMs: 0, stepMs: 0, count: numbers.length }
    const result = emptyLine(isComparison(op) ? line.metric : null, line.labels, steps)
    for (const [step, number] of numbers.entries()) {
      if (line.present[step] === 0) continue
      const value = line.values[step]!
      const made = isNumberLeft ? resultOf(op, number, value) : resultOf(op, value, number)
      if (made !== null) put(result, step, isComparison(op) ? value : made)
    }
    return result
  })
  return merged(results)
}

/** Which series of either side belong together. On null: those whose labels are all alike. */
type Matching = readonly string[] | null

/**
 * Each series of the left with the one of the right that has the same labels.
 * @throws Problem `series.ambiguous` where one would meet several
 */
export function oneToOne(
  left: readonly Line[],
  right: readonly Line[],
  { op, on, steps }: { readonly op: NumberOperator; readonly on: Matching; readonly steps: Steps },
): readonly Line[] {
  const rightByKey = grouped(right, on)
  for (const [key, group] of rightByKey) refuseTwo(group, key, 'right')
  const results = Array.from(grouped(left, on), ([key, group]): readonly Line[] => {
    const others = rightByKey.get(key) ?? []
    const made = group.flatMap((line) => others.map((other) => paired(line, other, { op, on, steps })))
    refuseTwo(made, key, 'left')
    return made
  })
  return merged(results.flat())
}

function paired(
  line: Line,
  other: Line,
  { op, on, steps }: { readonly op: NumberOperator; readonly on: Matching; readonly steps: Steps },
): Line {
  const labels = on === null ? line.labels : only(line.labels, on)
  const result = emptyLine(isComparison(op) && on === null ? line.metric : null, labels, steps)
  for (let step = 0; step < steps.count; step++) {
    if (line.present[step] === 0 || other.present[step] === 0) continue
    const value = resultOf(op, line.values[step]!, other.values[step]!)
    if (value !== null) put(result, step, value)
  }
  return result
}

/** `and`, `or`, `unless`: which series stay, with all their labels and their values. */
export function setOperation(
  left: readonly Line[],
  right: readonly Line[],
  { op, on, steps }: { readonly op: SetOperator; readonly on: Matching; readonly steps: Steps },
): readonly Line[] {
  const stays = op === 'and' ? 1 : 0
  const kept = (lines: readonly Line[], others: readonly Line[]): readonly Line[] => {
    const seen = presenceOf(others, on, steps)
    return lines.map((line) => {
      const presence = seen.get(keyBy(line.labels, on))
      const present = line.present.map((is, step) => (is === 1 && (presence?.[step] ?? 0) === stays ? 1 : 0))
      return { ...line, present }
    })
  }
  return op === 'or' ? merged([...left, ...kept(right, left)]) : kept(left, right)
}

/** At which steps there is anything at all under a key. */
function presenceOf(lines: readonly Line[], on: Matching, steps: Steps): ReadonlyMap<string, Uint8Array> {
  const presence = new Map<string, Uint8Array>()
  for (const line of lines) {
    const key = keyBy(line.labels, on)
    const held = presence.get(key) ?? new Uint8Array(steps.count)
    for (const [step, is] of line.present.entries()) if (is === 1) held[step] = 1
    presence.set(key, held)
  }
  return presence
}

function grouped(lines: readonly Line[], on: Matching): ReadonlyMap<string, readonly Line[]> {
  const groups = new Map<string, Line[]>()
  for (const line of lines) {
    const key = keyBy(line.labels, on)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [line])
    else group.push(line)
  }
  return groups
}

function keyBy(labels: Labels, on: Matching): string {
  return seriesKey('', on === null ? labels : only(labels, on))
}

function refuseTwo(group: readonly Line[], key: string, side: 'left' | 'right'): void {
  if (group.length < 2) return
  const [first, ...others] = group
  const taken = Uint8Array.from(first!.present)
  for (const { present } of others) {
    for (const [step, is] of present.entries()) {
      if (is === 0) continue
      if (taken[step] === 1) {
        throw new Problem('series.ambiguous', `several series on the ${side} have the labels ${key || '{}'}`, {
          hint: "Aggregate that side by the labels to be matched, or name more of them after 'on'.",
        })
      }
      taken[step] = 1
    }
  }
}
