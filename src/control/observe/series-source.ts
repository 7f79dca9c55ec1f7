import type { Source } from '../../observe/collect/source.ts'
import type { EnvironmentSeries } from './environment-series.ts'

/** What the store of the series says of itself. */
export function seriesSource(counts: () => EnvironmentSeries['counts']): Source {
  return {
    name: 'control',
    target: 'series',
    read: async () => {
      const { living, dropped } = counts()
      return [
        { metric: 'seaworthy_series', labels: {}, value: living },
        ...Object.entries(dropped).map(([reason, value]) => ({
          metric: 'seaworthy_samples_dropped_total',
          labels: { reason },
          value,
        })),
      ]
    },
  }
}
