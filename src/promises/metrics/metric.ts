/** Who measures it. */
export const PRODUCERS = ['gateway', 'instance', 'need', 'host', 'certificate', 'backup', 'control'] as const
export type Producer = (typeof PRODUCERS)[number]

/** One metric: what a scrape of control shows, what our own series hold, and what rules and panels may name. */
export interface Metric {
  /** With its unit and, of a counter, `_total` at the end. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly unit: 'seconds' | 'bytes' | null
  /** Those that tell its series apart. */
  readonly labels: readonly string[]
  readonly help: string
  readonly producer: Producer
  /** What has to be there before it can be measured at all. @default nothing */
  readonly from?: 'backups'
}

/** The names of a metric's series: a histogram has three. */
export function seriesNames({ name, type }: Pick<Metric, 'name' | 'type'>): readonly string[] {
  return type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name]
}
