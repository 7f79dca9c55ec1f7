import { Problem } from '../../core/problem.ts'
import { LOOKBACK_MS, type Series } from '../../core/series/series.ts'
import type { SeriesQuery } from '../../observe/series/query.ts'
import { parseExpression, parseSelector } from '../../promises/expression/parse.ts'
import { METRICS } from '../../promises/metrics/catalogue.ts'
import type { SeriesMethods, ToldMetric, ToldSeries, ToldValue } from '../api/series-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'

/** Points in one answer: as JSON they take control some ten milliseconds, in which it does nothing else. */
const POINTS_TOLD_MAX = 100_000

export function seriesHandlers({
  series,
  clock,
}: Pick<Control, 'series' | 'clock'>): Pick<Handlers, keyof SeriesMethods> {
  return {
    'series.query': async ({ query, at }) => {
      const atMs = at ?? clock.now()
      const found = await series.instant(parseExpression(query), atMs)
      checkPoints(found.length)
      return { at: atMs, values: found.map((one) => ({ ...one, value: told(one.value) })) }
    },
    'series.range': async ({ query, start, end, step }) => {
      const found = await series.range(parseExpression(query), { startMs: start, endMs: end, stepMs: step })
      return { series: toldSeries(found) }
    },
    'series.raw': async ({ query, from, to }) => ({
      series: toldSeries(await series.raw(parseSelector(query), { fromMs: from, toMs: to })),
    }),
    'series.list': async ({ metric, matching }) => {
      const { matchers } = parseSelector(`any${matching ?? ''}`)
      const found = await series.series(metric, matchers)
      checkPoints(found.length)
      return { series: found }
    },
    'series.newest': async () => {
      const nowMs = clock.now()
      return { at: nowMs, metrics: await newestOf(series, nowMs) }
    },
  }
}

async function newestOf(series: SeriesQuery, nowMs: number): Promise<readonly ToldMetric[]> {
  const metrics: ToldMetric[] = []
  let count = 0
  for (const { name, type, help } of METRICS) {
    const selector = { kind: 'selector', metric: type === 'histogram' ? `${name}_count` : name, matchers: [] } as const
    const found = await series.raw(selector, { fromMs: nowMs - LOOKBACK_MS, toMs: nowMs })
    count += found.length
    checkPoints(count)
    metrics.push({
      name,
      type,
      help,
      series: found.flatMap(({ metric, labels, samples }) => {
        const { atMs, value } = samples.at(-1)!
        return value === null ? [] : [{ metric, labels, value: told(value), at: atMs }]
      }),
    })
  }
  return metrics
}

function toldSeries(found: readonly Series[]): readonly ToldSeries[] {
  checkPoints(found.reduce((sum, { samples }) => sum + samples.length, 0))
  return found.map(({ metric, labels, samples }) => ({
    metric,
    labels,
    points: samples.map(({ atMs, value }) => [atMs, value === null ? null : told(value)] as const),
  }))
}

function told(value: number): ToldValue {
  if (Number.isNaN(value)) return 'NaN'
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : value
}

function checkPoints(count: number): void {
  if (count <= POINTS_TOLD_MAX) return
  throw new Problem('series.too-much', `the answer has ${count} points; ${POINTS_TOLD_MAX} is the most`, {
    hint: 'Ask for a longer step, a shorter time, or aggregate.',
  })
}
