/** Incarnations of workers that are remembered. */
const INCARNATIONS_MAX = 64

interface Received {
  readonly batch: number
  readonly kept: Promise<void>
}

/** Which batches of events have come: one that is sent again, because its confirmation was lost, is not taken twice. */
export class ReceivedBatches {
  readonly #last = new Map<string, Received>()

  /** Calls `take` unless this batch has come before; resolves when it is kept. */
  once(incarnation: string, batch: number, take: () => Promise<void>): Promise<void> {
    const last = this.#last.get(incarnation)
    if (last?.batch === batch) return last.kept
    const received = { batch, kept: take() }
    this.#last.delete(incarnation)
    this.#last.set(incarnation, received)
    if (this.#last.size > INCARNATIONS_MAX) this.#last.delete(this.#last.keys().next().value!)
    return received.kept
  }
}
