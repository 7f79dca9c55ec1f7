import type { Trace } from '../../observe/traces/span.ts'
import type { TracePage, TraceQuery } from '../../observe/traces/store.ts'

/** The control API's methods about traces: those of the slowest and of the failed requests of each route. */
export interface TraceMethods {
  'traces.list': { input: TraceQuery; output: TracePage }
  /** Everything that was kept under a trace id or a correlation id; nothing for one that was not kept. At most 50. */
  'traces.get': { input: { id: string }; output: { traces: readonly Trace[] } }
}
