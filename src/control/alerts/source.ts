import type { Measured, Source } from '../../observe/collect/source.ts'

/** What the path of alerts says of itself. */
export interface AlertPath {
  readonly completeAtMs: number
  /** Messages by channel, and tries that failed, since control began; channels that nobody was told by are there with zeros. */
  readonly told: ReadonlyMap<string, { readonly sent: number; readonly failed: number }>
}

export function alertPathSource(read: () => AlertPath): Source {
  return {
    name: 'control',
    target: 'alerts',
    read: async () => {
      const { completeAtMs, told } = read()
      const heartbeat: Measured = {
        metric: 'seaworthy_heartbeat_timestamp_seconds',
        labels: {},
        value: completeAtMs / 1_000,
      }
      const messages = [...told].flatMap(([channel, counts]) =>
        (['sent', 'failed'] as const).map((outcome): Measured => ({
          metric: 'seaworthy_notifications_total',
          labels: { channel, outcome },
          value: counts[outcome],
        })),
      )
      return [heartbeat, ...messages]
    },
  }
}
