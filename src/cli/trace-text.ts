import { waterfall, type Trace } from '../observe/traces/span.ts'
import type { TraceSummary } from '../observe/traces/store.ts'

const BAR_WIDTH = 40

/** A line for each trace: when, how long, what it was kept for, its route and its id. */
export function traceTable(traces: readonly TraceSummary[]): string {
  if (traces.length === 0) return 'No traces were kept: none failed, and none was slow.'
  const rows = traces.map(({ startMs, durationMs, because, route, traceId, service }) => [
    new Date(startMs).toISOString().slice(0, 23),
    `${durationMs.toFixed(1)} ms`,
    because,
    service ?? '-',
    route,
    traceId,
  ])
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 1 ? cell.padStart(widths[1]!) : cell.padEnd(widths[column]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** The spans of a trace, each with a bar where it stands in time. */
export function traceWaterfall(trace: Trace): string {
  const spans = waterfall(trace)
  const startMs = Math.min(...spans.map(({ span }) => span.startMs))
  const endMs = Math.max(...spans.map(({ span }) => span.startMs + span.durationMs))
  const scale = BAR_WIDTH / Math.max(endMs - startMs, 0.001)
  const names = spans.map(({ span, depth }) => `${'  '.repeat(depth)}${span.name}`)
  const width = Math.max(...names.map((name) => name.length))
  const lines = spans.map(({ span }, index) => {
    const from = Math.min(Math.floor((span.startMs - startMs) * scale), BAR_WIDTH - 1)
    const length = Math.max(1, Math.min(Math.round(span.durationMs * scale), BAR_WIDTH - from))
    const bar = `${' '.repeat(from)}${'█'.repeat(length)}`.padEnd(BAR_WIDTH)
    const failed = span.status === 'error' ? '  error' : ''
    return `${names[index]!.padEnd(width)}  ${`${span.durationMs.toFixed(2)} ms`.padStart(12)}  ${bar}${failed}`.trimEnd()
  })
  const { traceId, route, release, instance, correlationId, because } = trace
  return [
    `${route}  ${because}, release ${release}${instance === null ? '' : `, ${instance}`}`,
    `trace ${traceId}, request ${correlationId}`,
    ...lines,
  ].join('\n')
}
