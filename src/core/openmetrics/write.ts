/** The two text formats in which scrapers ask for metrics. */
export type MetricsFormat = 'openmetrics' | 'prometheus'

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
}

/** What stands above the samples of one metric. */
export interface MetricHead {
  /** Of a counter with its `_total`. */
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram' | 'unknown'
  readonly unit: string | null
  readonly help: string
}

export interface WrittenSample {
  /** Name and labels, as `seriesKey` writes them. */
  readonly series: string
  readonly value: number
}

/** The text of metrics with their samples. Metrics without samples are left out; samples keep their order. */
export function writeMetrics(
  metrics: readonly { readonly head: MetricHead; readonly samples: readonly WrittenSample[] }[],
  format: MetricsFormat,
): string {
  const lines = metrics
    .filter(({ samples }) => samples.length > 0)
    .flatMap(({ head, samples }) => [
      ...headLines(head, format),
      ...samples.map(({ series, value }) => `${series} ${numberText(value)}`),
    ])
  // Its end is how a reader of OpenMetrics knows that nothing was cut off.
  return [...lines, ...(format === 'openmetrics' ? ['# EOF'] : []), ''].join('\n')
}

/** Which format an Accept header asks for: OpenMetrics when it is named with a weight above 0, else the older one. */
export function formatFor(accept: string | undefined): MetricsFormat {
  const asked = (accept ?? '').split(',').find((part) => part.trim().startsWith('application/openmetrics-text'))
  const weight = asked === undefined ? 0 : Number(/;\s*q=([\d.]+)/.exec(asked)?.[1] ?? 1)
  return weight > 0 ? 'openmetrics' : 'prometheus'
}

function headLines({ name, type, unit, help }: MetricHead, format: MetricsFormat): readonly string[] {
  const isOpen = format === 'openmetrics'
  // OpenMetrics names a counter's family without the `_total` of its samples.
  const family = isOpen && type === 'counter' ? name.replace(/_total$/, '') : name
  const typeText = type === 'unknown' && !isOpen ? 'untyped' : type
  return [
    `# TYPE ${family} ${typeText}`,
    ...(isOpen && unit !== null ? [`# UNIT ${family} ${unit}`] : []),
    `# HELP ${family} ${escapeHelp(help, isOpen)}`,
  ]
}

/** Quotes are escaped in help texts of OpenMetrics alone. */
function escapeHelp(text: string, isOpen: boolean): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
  return isOpen ? escaped.replaceAll('"', '\\"') : escaped
}

function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}
