import type { LogThread } from '../../observe/logs/thread/client.ts'
import type { Source } from '../../observe/collect/source.ts'
import type { EnvironmentSeries } from './environment-series.ts'

/** What the stores of series and of log lines say of themselves: what they hold, and what a bound has kept out. */
export function storeSources(
  series: Pick<EnvironmentSeries, 'counts'>,
  logs: Pick<LogThread, 'call'>,
): readonly Source[] {
  return [
    {
      name: 'control',
      target: 'series',
      read: async () => {
        const { living, dropped } = series.counts
        return [
          { metric: 'seaworthy_series', labels: {}, value: living },
          ...byReason('seaworthy_samples_dropped_total', dropped),
        ]
      },
    },
    {
      name: 'control',
      target: 'logs',
      read: async () => byReason('seaworthy_log_lines_dropped_total', (await logs.call('stats', {})).dropped),
    },
  ]
}

function byReason(metric: string, counts: Readonly<Record<string, number>>) {
  return Object.entries(counts).map(([reason, value]) => ({ metric, labels: { reason }, value }))
}
