import { only, seriesKey, type Labels } from '../../../core/series/labels.ts'
import type { Expression } from '../../../promises/expression.ts'
import { emptyLine, put, type Line, type Steps } from './lines.ts'
import { Sum } from './over-time.ts'

type Call = (Expression & { kind: 'aggregate' })['call']

/** @param by null: over everything, into one series without labels */
export function aggregate(
  lines: readonly Line[],
  steps: Steps,
  { call, by }: { readonly call: Call; readonly by: readonly string[] | null },
): readonly Line[] {
  const groups = new Map<string, { readonly labels: Labels; readonly lines: Line[] }>()
  for (const line of lines) {
    const labels = only(line.labels, by ?? [])
    const key = seriesKey('', labels)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, { labels, lines: [line] })
    else group.lines.push(line)
  }
  return Array.from(groups.values(), (group) => {
    const result = emptyLine(null, group.labels, steps)
    for (let step = 0; step < steps.count; step++) {
      const value = foldStep(group.lines, step, call)
      if (value !== null) put(result, step, value)
    }
    return result
  })
}

function foldStep(lines: readonly Line[], step: number, call: Call): number | null {
  const sum = new Sum()
  let count = 0
  let least = NaN
  let most = NaN
  for (const { present, values } of lines) {
    if (present[step] === 0) continue
    const value = values[step]!
    count += 1
    sum.add(value)
    if (Number.isNaN(least) || value < least) least = value
    if (Number.isNaN(most) || value > most) most = value
  }
  if (count === 0) return null
  switch (call) {
    case 'sum':
      return sum.total
    case 'avg':
      return sum.total / count
    case 'count':
      return count
    case 'min':
      return least
    case 'max':
      return most
  }
}
