import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Logger } from '../../../core/logger.ts'
import { messageOf, Problem } from '../../../core/problem.ts'
import type { Labels, Matcher } from '../../../core/series/labels.ts'
import type { Reading, Series } from '../../../core/series/series.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'
import type { Range, SeriesQuery, SeriesSink, Value } from '../query.ts'
import { Interner } from './interner.ts'
import {
  unpack,
  type Answer,
  type FromStore,
  type Question,
  type Samples,
  type StoreCounts,
  type ToStore,
} from './messages.ts'
import { SERIES_MAX, type StoreOptions } from './store.ts'

/** What waits for the thread: ten minutes of 5 000 series. */
const QUEUE_SAMPLES_MAX = 300_000
const QUESTIONS_MAX = 1_000
/** How long the thread may work on one question. */
const WORK_WITHIN_MS = 10_000
/** On samples it works some milliseconds, and where they close an hour, or a journal is read, as long as the disk takes. */
const WRITE_WITHIN_MS = 60_000
/** After a thread that ended by itself the next one begins later and later, so that a broken disk is not a busy loop. */
const RESTART_AFTER_MS = { first: 1_000, most: 60_000 }

export interface ThreadOptions extends StoreOptions {
  readonly logger: Logger
  /** A file was damaged and has been put aside. @default nobody */
  readonly onDamaged?: (what: string) => void
  /** @default WORK_WITHIN_MS */
  readonly workWithinMs?: number
}

interface Waiting {
  readonly question: Question
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

type Append = ToStore & { readonly kind: 'append' }

/**
 * The store of an environment, in a thread of its own: what is appended returns at once, what is asked is answered when the
 * thread has come to it. A question that takes too long ends with the thread; the next one goes on with what was waiting.
 */
export class SeriesThread implements SeriesQuery, SeriesSink {
  readonly #options: ThreadOptions
  readonly #interner: Interner
  /** Sent and not yet on the disk, oldest first: what a thread takes with it is told to the next one. */
  readonly #unwritten = new Map<number, Append>()
  readonly #waiting = new Map<number, Waiting>()
  #unwrittenSamples = 0
  #droppedFromQueue = 0
  #next = 0
  #counts: StoreCounts = { living: 0, known: 0, dropped: { series: 0, late: 0, rate: 0, disk: 0 } }
  /** What the threads before this one had dropped. */
  #droppedBefore: StoreCounts['dropped'] = { series: 0, late: 0, rate: 0, disk: 0 }
  #worker: Worker | null = null
  #timer: NodeJS.Timeout | null = null
  #isClosed = false
  /** Null while the thread is there, or is begun anew at once. */
  #lostBecause: string | null = null
  #restartAfterMs = RESTART_AFTER_MS.first

  constructor(options: ThreadOptions) {
    this.#options = options
    this.#interner = new Interner(4 * (options.seriesMax ?? SERIES_MAX))
    this.#begin()
  }

  /** Series that live, and the samples that were dropped since the beginning, by reason. */
  get counts(): { readonly living: number; readonly dropped: Readonly<Record<string, number>> } {
    const reasons = Object.entries(this.#counts.dropped)
    const dropped = reasons.map(([reason, count]) => [reason, count + this.#droppedBefore[reason as 'late']])
    return { living: this.#counts.living, dropped: { ...Object.fromEntries(dropped), queue: this.#droppedFromQueue } }
  }

  append(readings: readonly Reading[]): void {
    if (readings.length > 0) this.#append(readings, null)
  }

  cutFrom(fromMs: number): void {
    this.#append([], fromMs)
  }

  #append(readings: readonly Reading[], cutFromMs: number | null): void {
    if (this.#isClosed) return
    if (this.#unwrittenSamples + readings.length > QUEUE_SAMPLES_MAX) {
      this.#droppedFromQueue += readings.length
      return
    }
    const sequence = this.#next++
    const samples = this.#columnsOf(readings)
    const append: Append = { kind: 'append', sequence, definitions: this.#interner.takeFresh(), cutFromMs, ...samples }
    this.#unwritten.set(sequence, append)
    this.#unwrittenSamples += readings.length
    this.#send(append)
  }

  async instant(expression: Expression, atMs: number): Promise<readonly Value[]> {
    const answer = await this.#ask({ kind: 'instant', expression, atMs })
    return answer.kind === 'values' ? answer.values : []
  }

  async range(expression: Expression, range: Range): Promise<readonly Series[]> {
    const answer = await this.#ask({ kind: 'range', expression, range })
    return answer.kind === 'packed' ? await unpack(answer.packed) : []
  }

  async raw(
    selector: Selector,
    within: { readonly fromMs: number; readonly toMs: number },
  ): Promise<readonly Series[]> {
    const answer = await this.#ask({ kind: 'raw', selector, ...within })
    return answer.kind === 'packed' ? await unpack(answer.packed) : []
  }

  async series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): Promise<readonly { readonly metric: string; readonly labels: Labels }[]> {
    const answer = await this.#ask({ kind: 'series', metric, matchers })
    return answer.kind === 'series' ? answer.series : []
  }

  /** Resolves when all that was appended is on the disk and the file is closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    if (worker === null) return
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    this.#send({ kind: 'close' })
    await ended
  }

  #columnsOf(readings: readonly Reading[]): Samples {
    let ended = 0
    for (const { value } of readings) if (value === null) ended += 1
    const held = readings.length - ended
    const samples = {
      handles: new Uint32Array(held),
      times: new Float64Array(held),
      values: new Float64Array(held),
      endHandles: new Uint32Array(ended),
      endTimes: new Float64Array(ended),
    }
    let [at, endAt] = [0, 0]
    for (const { metric, labels, atMs, value } of readings) {
      const handle = this.#interner.handleOf(metric, labels)
      if (value === null) {
        samples.endHandles[endAt] = handle
        samples.endTimes[endAt++] = atMs
      } else {
        samples.handles[at] = handle
        samples.times[at] = atMs
        samples.values[at++] = value
      }
    }
    return samples
  }

  async #ask(question: Question): Promise<Answer> {
    if (this.#isClosed) throw unreachable('the store is closed')
    if (this.#lostBecause !== null) throw unreachable(this.#lostBecause)
    if (this.#waiting.size >= QUESTIONS_MAX) throw tooMuch(`${QUESTIONS_MAX} questions wait already`)
    const id = this.#next++
    return await new Promise((resolve, reject) => {
      this.#waiting.set(id, { question, resolve, reject })
      this.#send({ kind: 'ask', id, question })
    })
  }

  #send(message: ToStore): void {
    this.#worker?.postMessage(message)
    if (this.#worker !== null && this.#timer === null) this.#watch()
  }

  #begin(): void {
    const { path, seriesMax, bytesMax } = this.#options
    const workerData: StoreOptions = {
      path,
      ...(seriesMax === undefined ? {} : { seriesMax }),
      ...(bytesMax === undefined ? {} : { bytesMax }),
    }
    const worker = new Worker(new URL(`./worker${extname(import.meta.filename)}`, import.meta.url), { workerData })
    this.#worker = worker
    this.#lostBecause = null
    worker.on('message', (message: FromStore) => {
      this.#onMessage(message)
      this.#watch()
    })
    worker.on('error', (error) => this.#onLost(worker, error))
    worker.on('exit', () => this.#onLost(worker, null))
    const [first, ...others] = this.#unwritten.values()
    if (first !== undefined) this.#send({ ...first, definitions: this.#interner.all() })
    else {
      const nothing = { sequence: -1, cutFromMs: null, ...this.#columnsOf([]) }
      this.#send({ kind: 'append', definitions: this.#interner.all(), ...nothing })
    }
    for (const append of others) this.#send({ ...append, definitions: [] })
    for (const [id, { question }] of this.#waiting) this.#send({ kind: 'ask', id, question })
  }

  #onMessage(message: FromStore): void {
    if (message.kind === 'opened') {
      this.#restartAfterMs = RESTART_AFTER_MS.first
      return
    }
    if (message.kind === 'anew') {
      const { logger, onDamaged } = this.#options
      const why =
        message.because === 'damaged'
          ? 'the series were damaged and begin anew; what is left of them is'
          : 'the clock was set far back: the series begin anew, and those of the time ahead are whole in'
      const text = `${why} ${message.aside}`
      logger.error(text)
      onDamaged?.(text)
      return
    }
    if (message.kind === 'appended') {
      const append = this.#unwritten.get(message.sequence)
      this.#unwritten.delete(message.sequence)
      if (append !== undefined) this.#unwrittenSamples -= append.handles.length + append.endHandles.length
      this.#counts = message.counts
      const cutFromMs = append?.cutFromMs ?? null
      if (message.cutMs !== null && cutFromMs !== null) this.#tellCut(cutFromMs, message.cutMs)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.kind === 'answer') waiting?.resolve(message.answer)
    else if (message.kind === 'refusal') waiting?.reject(Problem.fromJSON(message.problem))
    else waiting?.reject(new Error(message.stack))
  }

  #tellCut(fromMs: number, toMs: number): void {
    this.#options.logger.warn('the clock was set back: series begin anew where it stands now', {
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
    })
  }

  /** Measures from the last sign of life: the thread does one thing after the other. */
  #watch(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    if (this.#unwritten.size + this.#waiting.size === 0) return
    const [oldest] = this.#waiting
    const [oldestAppend] = this.#unwritten.keys()
    // It works on what was sent first.
    const question = oldest !== undefined && oldest[0] < (oldestAppend ?? Infinity) ? oldest[0] : null
    const withinMs = question === null ? WRITE_WITHIN_MS : (this.#options.workWithinMs ?? WORK_WITHIN_MS)
    this.#timer = setTimeout(() => this.#cut(question, withinMs), withinMs)
    this.#timer.unref()
  }

  /** @param question what it worked on; null: samples */
  #cut(question: number | null, withinMs: number): void {
    const worker = this.#worker
    const waiting = question === null ? undefined : this.#waiting.get(question)
    if (question !== null) this.#waiting.delete(question)
    waiting?.reject(tooMuch(`the query took more than ${withinMs} ms`))
    this.#options.logger.warn('the thread of the series was ended', {
      question: waiting?.question.kind ?? null,
      withinMs,
    })
    this.#leave(worker)
    // Not beside the one that ends: the file has one holder.
    void worker?.terminate().then(() => {
      if (!this.#isClosed && this.#worker === null) this.#begin()
    })
  }

  #onLost(worker: Worker, error: Error | null): void {
    if (worker !== this.#worker) return
    this.#leave(worker)
    this.#lostBecause = error === null ? 'its thread has ended' : messageOf(error)
    for (const { reject } of this.#waiting.values()) reject(unreachable(this.#lostBecause))
    this.#waiting.clear()
    if (this.#isClosed) return
    this.#options.logger.error('the thread of the series has ended', { error: String(error) })
    setTimeout(() => {
      if (!this.#isClosed && this.#worker === null) this.#begin()
    }, this.#restartAfterMs).unref()
    this.#restartAfterMs = Math.min(2 * this.#restartAfterMs, RESTART_AFTER_MS.most)
  }

  #leave(worker: Worker | null): void {
    worker?.removeAllListeners('message')
    this.#worker = null
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const { dropped } = this.#counts
    const before = this.#droppedBefore
    this.#droppedBefore = {
      series: before.series + dropped.series,
      late: before.late + dropped.late,
      rate: before.rate + dropped.rate,
      disk: before.disk + dropped.disk,
    }
    this.#counts = { ...this.#counts, dropped: { series: 0, late: 0, rate: 0, disk: 0 } }
  }
}

function tooMuch(why: string): Problem {
  return new Problem('series.too-much', why, {
    hint: 'Ask for a shorter time, for fewer series, or with a simpler pattern.',
  })
}

function unreachable(why: string): Problem {
  return new Problem('series.unreachable', `the series cannot be asked: ${why}`, { hint: 'Ask again in a moment.' })
}
