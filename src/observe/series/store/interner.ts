import type { Labels } from '../../../core/series/labels.ts'
import type { Definition } from './messages.ts'

/** A number for each series, so that what crosses to the store's thread is columns of numbers. */
export class Interner {
  /** By name and labels as they were handed in: another order of labels is another key, and the store sees through it. */
  readonly #handles = new Map<string, number>()
  #byLabels = new WeakMap<Labels, Map<string, number>>()
  #definitions = new Map<number, Definition>()
  #fresh: Definition[] = []
  #next = 0
  readonly #keysMax: number

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  handleOf(metric: string, labels: Labels): number {
    // Who hands in the same labels again is known by them, without a look at what they say.
    let byMetric = this.#byLabels.get(labels)
    if (byMetric === undefined) this.#byLabels.set(labels, (byMetric = new Map()))
    const known = byMetric.get(metric)
    if (known !== undefined) return known
    const handle = this.#byText(metric, labels)
    byMetric.set(metric, handle)
    return handle
  }

  #byText(metric: string, labels: Labels): number {
    let key = metric
    for (const label in labels) key += `\u0000${label}\u0001${labels[label]}`
    const held = this.#handles.get(key)
    if (held !== undefined) return held
    if (this.#handles.size >= this.#keysMax) {
      // Whoever comes again gets a new number; those in use come with the next batch.
      this.#handles.clear()
      this.#byLabels = new WeakMap()
      this.#definitions = new Map()
    }
    const handle = this.#next++
    const definition = { handle, metric, labels }
    this.#handles.set(key, handle)
    this.#definitions.set(handle, definition)
    this.#fresh.push(definition)
    return handle
  }

  /** What the thread has not been told yet. */
  takeFresh(): readonly Definition[] {
    const fresh = this.#fresh
    this.#fresh = []
    return fresh
  }

  /** For a thread that begins anew. */
  all(): readonly Definition[] {
    return [...this.#definitions.values()]
  }
}
