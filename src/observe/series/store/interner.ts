import type { Labels } from '../../../core/series/labels.ts'
import type { Definition } from './messages.ts'

/** A number for each series, so that what crosses to the store's thread is columns of numbers. */
export class Interner {
  /** By name and labels as they were handed in: another order of labels is another key, and the store sees through it. */
  readonly #handles = new Map<string, number>()
  #definitions = new Map<number, Definition>()
  #fresh: Definition[] = []
  #next = 0
  readonly #keysMax: number

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  handleOf(metric: string, labels: Labels): number {
    let key = metric
    for (const label in labels) key += `\u0000${label}\u0001${labels[label]}`
    const held = this.#handles.get(key)
    if (held !== undefined) return held
    if (this.#handles.size >= this.#keysMax) {
      // Whoever comes again gets a new number; those in use come with the next batch.
      this.#handles.clear()
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
