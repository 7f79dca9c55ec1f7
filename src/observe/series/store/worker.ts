/** The thread that holds `series.db`: nothing that is asked of it, nor the disk, holds up control. */
import { basename, dirname } from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { boundDamaged, isDamaged, putAside } from '../../../core/damaged.ts'
import { Problem } from '../../../core/problem.ts'
import type { Entry } from './entry.ts'
import { HOUR_MS } from './hours.ts'
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
import { BYTES_MAX, SeriesStore } from './store.ts'

/**
 * Of a clock that is further back than this nobody knows which of its times is the wrong one: a machine may have begun before it was
 * told the time. A month of samples is not given up for that; they are put aside whole.
 */
const CUT_MS_MAX = HOUR_MS

const port = parentPort!
const options = workerData as WorkerOptions
let store = open()
tell({ kind: 'opened' })

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
      tell({ kind: 'appended', cutMs: appended(message), sequence: message.sequence, counts: store.counts })
      return
    case 'ask':
      answer(message.id, message.question)
      return
    case 'close':
      store.close()
      port.close()
  }
})

/** What was taken before the damage showed is taken over with the rest; only what was to be forgotten is asked for again. */
function appended(message: Samples & { readonly cutFromMs: number | null }): number | null {
  return whole(
    () => append(message),
    () => (message.cutFromMs === null ? null : store.cutFrom(message.cutFromMs)),
  )
}

function append(message: Samples & { readonly cutFromMs: number | null }): number | null {
  const { cutFromMs, handles, times, values, endHandles, endTimes } = message
  const cutMs = cutFromMs === null ? null : forget(cutFromMs)
  for (const [index, handle] of handles.entries()) store.take(entryOf(handle), times[index]!, values[index]!)
  for (const [index, handle] of endHandles.entries()) store.take(entryOf(handle), endTimes[index]!, null)
  store.commit()
  return cutMs
}

function forget(fromMs: number): number | null {
  const { newestMs } = store
  if (newestMs - fromMs <= CUT_MS_MAX) return store.cutFrom(fromMs)
  store.close()
  beginAnew('clock')
  return newestMs
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
    const found = whole(() => answerTo(question))
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

function open(): SeriesStore {
  try {
    return new SeriesStore(options)
  } catch (error) {
    if (!isDamaged(error)) throw error
    return anew('damaged')
  }
}

/** A file that turns out to be damaged is put aside, and what was to be done is done with a new one. */
function whole<T>(work: () => T, again: () => T = work): T {
  try {
    return work()
  } catch (error) {
    if (!isDamaged(error)) throw error
    const damaged = store
    damaged.close()
    beginAnew('damaged')
    store.takeOver(damaged)
    return again()
  }
}

function beginAnew(because: 'damaged' | 'clock'): void {
  store = anew(because)
  for (const one of known.values()) one.entry = null
}

/** What is measured from now on counts for more than what cannot be read, or is of a time that is not this one. */
function anew(because: 'damaged' | 'clock'): SeriesStore {
  const aside = putAside(options.path)
  boundDamaged(dirname(options.path), basename(options.path), options.bytesMax ?? BYTES_MAX)
  const fresh = new SeriesStore(options)
  tell({ kind: 'anew', because, aside })
  return fresh
}

function tell(message: FromStore): void {
  port.postMessage(message)
}
