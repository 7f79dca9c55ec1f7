import { setTimeout as wait } from 'node:timers/promises'

/** Of what waits to be sent; more is left out and counted. */
export const QUEUE_MAX = 20_000
/** And so many bytes of it, about. */
const QUEUE_BYTES_MAX = 64 * 1024 * 1024
/** In one request. */
export const BATCH_MAX = 1_000
/** And about so many bytes: receivers refuse what is much more (Loki takes 4 MiB by default), and it would be sent for ever. */
const BATCH_BYTES_MAX = 1024 * 1024
/** How long something waits for others to be sent with. */
const GATHER_MS = 500
const TIMEOUT_MS = 10_000

export interface ShipperOptions<T> {
  readonly url: string
  readonly encode: (items: readonly T[]) => unknown
  /** About how long an item is when it is sent, in bytes. */
  readonly bytesOf: (item: T) => number
  /** Answers after which the same is sent again; after every other it is given up. */
  readonly retried: (status: number) => boolean
  /** Told once when sending begins to fail. */
  readonly onTrouble: (what: string) => void
  readonly queueMax?: number
  /** Doubled from the first to the last, with jitter. @default 1 s to 60 s */
  readonly backoffMs?: { readonly min: number; readonly max: number }
}

/** Sends items to somebody else's store in batches, in order. Whoever adds never waits; nobody is held up by who is slow. */
export class Shipper<T> {
  readonly #options: ShipperOptions<T>
  readonly #ending = new AbortController()
  #queue: T[] = []
  #bytes = 0
  #dropped = 0
  #isRunning = false

  constructor(options: ShipperOptions<T>) {
    this.#options = options
  }

  /** Items that were left out: the queue was full, or they were refused for good. */
  get dropped(): number {
    return this.#dropped
  }

  add(items: readonly T[]): void {
    const { queueMax = QUEUE_MAX, bytesOf } = this.#options
    for (const item of items) {
      const bytes = bytesOf(item)
      if (this.#queue.length >= queueMax || this.#bytes + bytes > QUEUE_BYTES_MAX) this.#dropped += 1
      else {
        this.#queue.push(item)
        this.#bytes += bytes
      }
    }
    if (this.#queue.length === 0 || this.#isRunning) return
    this.#isRunning = true
    void this.#run().finally(() => (this.#isRunning = false))
  }

  /** What waits is let go. */
  close(): void {
    this.#ending.abort()
    this.#queue = []
    this.#bytes = 0
  }

  async #run(): Promise<void> {
    const { min, max } = this.#options.backoffMs ?? { min: 1_000, max: 60_000 }
    let backoffMs = min
    await this.#sleep(GATHER_MS)
    while (this.#queue.length > 0) {
      const batch = this.#batch()
      const result = await this.#post(batch)
      if (this.#ending.signal.aborted) return
      if (result.kind === 'again') {
        if (backoffMs === min) this.#options.onTrouble(result.because)
        await this.#sleep(result.afterMs ?? backoffMs * (0.5 + Math.random() / 2))
        backoffMs = Math.min(backoffMs * 2, max)
        continue
      }
      if (result.kind === 'refused') {
        this.#dropped += batch.length
        this.#options.onTrouble(result.because)
      }
      backoffMs = min
      for (const item of this.#queue.splice(0, batch.length)) this.#bytes -= this.#options.bytesOf(item)
    }
  }

  /** The oldest; one alone may be larger than a batch. */
  #batch(): readonly T[] {
    let bytes = 0
    const end = this.#queue.findIndex((item, index) => {
      bytes += this.#options.bytesOf(item)
      return index > 0 && (index >= BATCH_MAX || bytes > BATCH_BYTES_MAX)
    })
    return this.#queue.slice(0, end === -1 ? undefined : end)
  }

  async #post(batch: readonly T[]): Promise<Posted> {
    const { url, encode, retried } = this.#options
    try {
      const response = await fetch(url, {
        method: 'POST',
        body: JSON.stringify(encode(batch)),
        headers: { 'content-type': 'application/json', 'user-agent': 'seaworthy' },
        redirect: 'manual',
        signal: AbortSignal.any([this.#ending.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      })
      await response.body?.cancel()
      if (response.ok) return { kind: 'sent' }
      const because = `it answered ${response.status}`
      if (!retried(response.status)) return { kind: 'refused', because }
      return { kind: 'again', because, afterMs: retryAfter(response.headers.get('retry-after')) }
    } catch (error) {
      return { kind: 'again', because: causeOf(error), afterMs: null }
    }
  }

  async #sleep(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#ending.signal }).catch(() => {})
  }
}

type Posted =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused'; readonly because: string }
  | { readonly kind: 'again'; readonly because: string; readonly afterMs: number | null }

/** Never the URL: it may hold a password. */
function causeOf(error: unknown): string {
  const { name, cause } = error as Error
  if (name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1e3} s`
  return (cause as NodeJS.ErrnoException | undefined)?.code ?? 'it could not be reached'
}

/** Seconds or a date (RFC 9110 §10.2.3), at most an hour. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), 3_600_000)
}
