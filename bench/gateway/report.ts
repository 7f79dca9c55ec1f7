import { table } from '../../src/cli/output.ts'
import type { Group, RatioBar } from './groups.ts'
import type { Result } from './run.ts'

export interface Bar {
  readonly name: string
  readonly figure: string
  readonly bar: string
  readonly held: boolean
}

const HEAD = ['target', 'requests/CPU-s', 'ratio', 'spread', 'requests/s', 'p99 ms', 'requests', 'bad']

/** One line a target; the ratio is to the first. */
export function describeGroup(group: Group, results: readonly Result[]): string {
  const first = efficiency(results[0]!)
  const rows = results.map((result) => {
    const { target, samples } = result
    const each = samples.map(({ perCpuSecond }) => perCpuSecond)
    const spread = (Math.max(...each) - Math.min(...each)) / median(each)
    return [
      target.name,
      efficiency(result).toFixed(0),
      (efficiency(result) / first).toFixed(2),
      `${(100 * spread).toFixed(0)} %`,
      median(samples.map(({ perSecond }) => perSecond)).toFixed(0),
      median(samples.map(({ p99Ms }) => p99Ms)).toFixed(2),
      String(samples.reduce((sum, { requests }) => sum + requests, 0)),
      samples.map(({ bad }) => bad).find((bad) => bad !== null) ?? '0',
    ]
  })
  const features = results.map(({ target }) => `  ${target.name}: ${target.features}`)
  return [`${group.name}: ${group.about}`, ...features, table([HEAD, ...rows])].join('\n')
}

/** Nothing measured, or one answer that was not good, voids a group. */
export function faultsOf(group: Group, results: readonly Result[]): string[] {
  return results.flatMap(({ target, samples }) => {
    if (samples.length === 0) return [`${group.name}: ${target.name} was not measured`]
    return samples.flatMap(({ bad }) => (bad === null ? [] : [`${group.name}: ${target.name}: ${bad}`]))
  })
}

export function barsOfGroup(group: Group, results: readonly Result[]): readonly Bar[] {
  return group.bars.map((bar) => ratioBar(group, bar, results))
}

/** The median of the ratios within each round: whatever slowed one round slowed both. */
function ratioBar({ name }: Group, { of, to, atLeast }: RatioBar, results: readonly Result[]): Bar {
  const samplesOf = (wanted: string): Result['samples'] =>
    results.find(({ target }) => target.name === wanted)?.samples ?? []
  const others = samplesOf(to)
  const ratio = median(samplesOf(of).map(({ perCpuSecond }, round) => perCpuSecond / others[round]!.perCpuSecond))
  return {
    name: `${name}: ${of} / ${to}, requests per CPU-second`,
    figure: ratio.toFixed(3),
    bar: `>= ${atLeast}`,
    held: ratio >= atLeast,
  }
}

export function describeBar({ name, figure, bar, held }: Bar): string {
  return `bar ${name}: ${figure}, bar ${bar}: ${held ? 'held' : 'missed'}`
}

/** NaN of nothing: no bar holds on it. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  return sorted.length % 2 === 1 ? sorted[middle]! : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2
}

function efficiency({ samples }: Result): number {
  return median(samples.map(({ perCpuSecond }) => perCpuSecond))
}
