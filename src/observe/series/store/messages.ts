import type { ProblemJson } from '../../../core/problem.ts'
import type { Labels, Matcher } from '../../../core/series/labels.ts'
import type { Sample, Series } from '../../../core/series/series.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'
import type { Range, Value } from '../query.ts'
import type { Dropped, StoreOptions } from './store.ts'

/** What goes to the thread that holds the store. It works on one after the other. */
export type ToStore =
  | ({
      readonly kind: 'append'
      readonly sequence: number
      readonly definitions: readonly Definition[]
      /** Before the samples are taken, what stands at this instant or later is forgotten. */
      readonly cutFromMs: number | null
    } & Samples)
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'close' }

export type FromStore =
  | { readonly kind: 'opened' }
  /** The file was damaged, or is of a time far ahead: it has been put aside, and a new one begun. */
  | { readonly kind: 'anew'; readonly because: 'damaged' | 'clock'; readonly aside: string }
  /** `cutMs`: up to when there was something that has been forgotten. */
  | {
      readonly kind: 'appended'
      readonly sequence: number
      readonly counts: StoreCounts
      readonly cutMs: number | null
    }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'refusal'; readonly id: number; readonly problem: ProblemJson }
  | { readonly kind: 'failure'; readonly id: number; readonly stack: string }

/** What a number stands for from now on, in place of name and labels. */
export interface Definition {
  readonly handle: number
  readonly metric: string
  readonly labels: Labels
}

export interface Samples {
  readonly handles: Uint32Array
  readonly times: Float64Array
  readonly values: Float64Array
  readonly endHandles: Uint32Array
  readonly endTimes: Float64Array
}

export interface StoreCounts {
  readonly living: number
  readonly known: number
  readonly dropped: Readonly<Record<Dropped, number>>
}

export type Question =
  | { readonly kind: 'instant'; readonly expression: Expression; readonly atMs: number }
  | { readonly kind: 'range'; readonly expression: Expression; readonly range: Range }
  | { readonly kind: 'raw'; readonly selector: Selector; readonly fromMs: number; readonly toMs: number }
  | { readonly kind: 'series'; readonly metric: string | null; readonly matchers: readonly Matcher[] }

export type Answer =
  | { readonly kind: 'values'; readonly values: readonly Value[] }
  | { readonly kind: 'packed'; readonly packed: Packed }
  | { readonly kind: 'series'; readonly series: readonly { readonly metric: string; readonly labels: Labels }[] }

/** Series with all their samples in two columns, which are handed over and not copied.. */
export interface Packed {
  readonly series: readonly { readonly metric: string | null; readonly labels: Labels; readonly count: number }[]
  readonly times: Float64Array<ArrayBuffer>
  readonly values: Float64Array<ArrayBuffer>
  /** 1 where the series ended. */
  readonly ends: Uint8Array<ArrayBuffer>
}

export type WorkerOptions = StoreOptions

export function pack(series: readonly Series[]): Packed {
  const count = series.reduce((sum, { samples }) => sum + samples.length, 0)
  const packed = { times: new Float64Array(count), values: new Float64Array(count), ends: new Uint8Array(count) }
  let at = 0
  for (const { samples } of series) {
    for (const { atMs, value } of samples) {
      packed.times[at] = atMs
      packed.values[at] = value ?? NaN
      packed.ends[at++] = value === null ? 1 : 0
    }
  }
  return { series: series.map(({ metric, labels, samples }) => ({ metric, labels, count: samples.length })), ...packed }
}

/** How many samples are unpacked before others have their turn: about a millisecond. */
const SAMPLES_PER_TURN = 5_000

/** The reverse of `pack`, in turns: a large answer must not hold up whoever asked. */
export async function unpack({ series, times, values, ends }: Packed): Promise<readonly Series[]> {
  const found: Series[] = []
  let at = 0
  for (const { metric, labels, count } of series) {
    const samples: Sample[] = []
    for (const end = at + count; at < end; at++) {
      samples.push({ atMs: times[at]!, value: ends[at] === 1 ? null : values[at]! })
      if (at % SAMPLES_PER_TURN === SAMPLES_PER_TURN - 1) await new Promise((resolve) => setImmediate(resolve))
    }
    found.push({ metric, labels, samples })
  }
  return found
}
