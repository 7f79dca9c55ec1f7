import { Problem } from '../../core/problem.ts'
import type { TraceStore } from '../traces/store.ts'
import type { StoredLine } from './line.ts'
import { parsePosition } from './store/position.ts'
import type { LogStore } from './store/store.ts'
import type { Around } from './thread/messages.ts'

const REQUEST_LINES_MAX = 500
const NEAR_MS = 60_000

/**
 * From a line to what stands around it in its own output, to its request and to its trace.
 * @throws Problem `logs.cursor` for what is no line
 */
export function around(store: LogStore, traces: TraceStore, id: string, count: number): Around {
  const { atMs, ...place } = parsePosition(id)
  const behind = `${atMs}-${place.segment}-${place.count + 1}`
  const line = store.search({}, { before: behind, limit: 1 }).lines[0]
  if (line?.id !== id)
    throw new Problem('logs.cursor', `there is no line ${id}`, { hint: 'It may have grown too old to be kept.' })
  const source = { service: line.service, ...(line.instance === null ? {} : { instance: line.instance }) }
  const later = store.search({ ...source, fromMs: atMs, toMs: atMs + NEAR_MS }, { limit: 1_000 }).lines
  const index = later.findIndex((one) => one.id === id)
  const { correlationId, traceId } = line
  return {
    line,
    before: store.search(source, { before: id, limit: count }).lines.toReversed(),
    after: later.slice(0, Math.max(index, 0)).toReversed().slice(0, count),
    request: correlationId === null ? [] : requestOf(store, correlationId),
    traces: traceId === null ? [] : traces.get(traceId),
  }
}

function requestOf(store: LogStore, correlationId: string): readonly StoredLine[] {
  return store.search({ correlationId }, { limit: REQUEST_LINES_MAX }).lines.toReversed()
}
