import type { ToldMetric, ToldNow, ToldSeries, ToldValue } from '../control/api/series-methods.ts'
import { seriesKey } from '../core/series/labels.ts'
import { table } from './output.ts'

/** Of one metric; `--json` has all of them. */
const SERIES_SHOWN_MAX = 20
const SPARK_WIDTH = 48
const BLOCKS = '▁▂▃▄▅▆▇█'

/** Every metric that has series: each with its newest value and how old that is. */
export function catalogueText(metrics: readonly ToldMetric[], nowMs: number): string {
  const measured = metrics.filter(({ series }) => series.length > 0)
  if (measured.length === 0) return 'Nothing was measured in the last five minutes.'
  const rows = measured.flatMap(({ series }) => {
    const shown = series
      .slice(0, SERIES_SHOWN_MAX)
      .map((one) => [nameOf(one), numberText(one.value), age(nowMs - one.at)])
    const more = series.length - SERIES_SHOWN_MAX
    return more > 0 ? [...shown, [`… and ${more} more`, '', '']] : shown
  })
  const silent = metrics.length - measured.length
  const below = silent === 0 ? [] : ['', `${silent} more metrics have no series here: nothing of theirs is measured.`]
  return [table([['SERIES', 'VALUE', 'AGE'], ...rows]), ...below].join('\n')
}

export function valuesText(values: readonly ToldNow[]): string {
  if (values.length === 0) return 'No series: the query yields nothing at that instant.'
  return table([['SERIES', 'VALUE'], ...values.map((one) => [nameOf(one), numberText(one.value)])])
}

/** A line of blocks for each series, and what its values were. */
export function rangeText(
  series: readonly ToldSeries[],
  { start, end }: { readonly start: number; readonly end: number },
): string {
  if (series.length === 0) return 'No series: the query yields nothing in that time.'
  const rows = series.map((one) => {
    const points = one.points.filter((point): point is readonly [number, number] => typeof point[1] === 'number')
    const values = points.map(([, value]) => value)
    const least = values.reduce((one, other) => Math.min(one, other), Infinity)
    const most = values.reduce((one, other) => Math.max(one, other), -Infinity)
    const last = one.points.at(-1)?.[1] ?? NaN
    const [low, high] = values.length === 0 ? ['', ''] : [numberText(least), numberText(most)]
    return [nameOf(one), spark(points, { start, end, least, most }), low, high, numberText(last)]
  })
  return table([['SERIES', '', 'LEAST', 'MOST', 'LAST'], ...rows])
}

/** One line for each sample. */
export function rawText(series: readonly ToldSeries[]): string {
  if (series.length === 0) return 'No samples in that time.'
  return series
    .flatMap((one) => [
      nameOf(one),
      ...one.points.map(
        ([at, value]) => `  ${new Date(at).toISOString()}  ${value === null ? 'ended' : numberText(value)}`,
      ),
    ])
    .join('\n')
}

interface Frame {
  readonly start: number
  readonly end: number
  readonly least: number
  readonly most: number
}

/** The highest point of each part of the time; a blank where there is none. */
function spark(points: readonly (readonly [at: number, value: number])[], { start, end, least, most }: Frame): string {
  const cells = Array.from({ length: SPARK_WIDTH }, () => -Infinity)
  for (const [at, value] of points) {
    const cell = Math.min(SPARK_WIDTH - 1, Math.floor(((at - start) / Math.max(1, end - start)) * SPARK_WIDTH))
    cells[cell] = Math.max(cells[cell]!, value)
  }
  return cells
    .map((value) => {
      if (value === -Infinity) return ' '
      const share = most > least ? (value - least) / (most - least) : 0
      return BLOCKS[Math.min(BLOCKS.length - 1, Math.floor(share * BLOCKS.length))]!
    })
    .join('')
}

function nameOf({ metric, labels }: Pick<ToldNow, 'metric' | 'labels'>): string {
  return seriesKey(metric ?? '', labels) || '{}'
}

function numberText(value: ToldValue): string {
  if (typeof value !== 'number' || !Number.isFinite(value)) return String(value)
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)))
}

function age(ms: number): string {
  return `${Math.max(0, Math.round(ms / 1_000))} s`
}
