/** The thread that holds `series.db`: nothing that is asked of it, nor the disk, holds up control. */
import { renameSync, rmSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'
import { Problem } from '../../../core/problem.ts'
import type { Entry } from './entry.ts'
import {
  pack,
  type Answer,
  type Definition,
  type FromStore,
  type Question,
  type Samples,
  type ToStore,
  type WorkerOptions,
} from './messages.ts'
import { SeriesStore } from './store.ts'

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const SPOILT: ReadonlySet<number> = new Set([11, 26])

const port = parentPort!
const options = workerData as WorkerOptions
const { store, spoilt } = open()
tell({ kind: 'opened', spoilt })

interface Known {
  readonly definition: Definition
  /** Null: there was no room for it. */
  entry: Entry | null
}

const known = new Map<number, Known>()

port.on('message', (message: ToStore) => {
  switch (message.kind) {
    case 'append':
      for (const definition of message.definitions) known.set(definition.handle, { definition, entry: null })
      tell({ kind: 'appended', cutMs: append(message), sequence: message.sequence, counts: store.counts })
      return
    case 'ask':
      answer(message.id, message.question)
      return
    case 'close':
      store.close()
      port.close()
  }
})

function append(message: Samples & { readonly cutFromMs: number | null }): number | null {
  const { cutFromMs, handles, times, values, endHandles, endTimes } = message
  const cutMs = cutFromMs === null ? null : store.cutFrom(cutFromMs)
  for (const [index, handle] of handles.entries()) store.take(entryOf(handle), times[index]!, values[index]!)
  for (const [index, handle] of endHandles.entries()) store.take(entryOf(handle), endTimes[index]!, null)
  store.commit()
  return cutMs
}

function entryOf(handle: number): Entry | null {
  const held = known.get(handle)
  if (held === undefined) return null
  if (held.entry === null || held.entry.isForgotten)
    held.entry = store.entryOf(held.definition.metric, held.definition.labels)
  return held.entry
}

function answer(id: number, question: Question): void {
  try {
    const found = answerTo(question)
    const parts = found.kind === 'packed' ? [found.packed.times, found.packed.values, found.packed.ends] : []
    port.postMessage(
      { kind: 'answer', id, answer: found } satisfies FromStore,
      parts.map(({ buffer }) => buffer),
    )
  } catch (error) {
    if (error instanceof Problem) tell({ kind: 'refusal', id, problem: error.toJSON() })
    else tell({ kind: 'failure', id, stack: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}

function answerTo(question: Question): Answer {
  switch (question.kind) {
    case 'instant':
      return { kind: 'values', values: store.instant(question.expression, question.atMs) }
    case 'range':
      return { kind: 'packed', packed: pack(store.range(question.expression, question.range)) }
    case 'raw':
      return { kind: 'packed', packed: pack(store.raw(question.selector, question)) }
    case 'series':
      return { kind: 'series', series: store.series(question.metric, question.matchers) }
  }
}

/** A file that is none any more is put aside, and a new one begun: what is measured from now on counts for more. */
function open(): { readonly store: SeriesStore; readonly spoilt: string | null } {
  try {
    return { store: new SeriesStore(options), spoilt: null }
  } catch (error) {
    const { errcode = 0 } = error as { errcode?: number }
    if (!SPOILT.has(errcode & 0xff)) throw error
    const aside = `${options.path}.spoilt`
    renameSync(options.path, aside)
    for (const beside of ['-wal', '-shm']) rmSync(`${options.path}${beside}`, { force: true })
    return { store: new SeriesStore(options), spoilt: aside }
  }
}

function tell(message: FromStore): void {
  port.postMessage(message)
}
