import type { StoredLine } from '../logs/line.ts'
import type { Destinations } from '../logs/thread/messages.ts'
import type { SampledSpans, TakenSpans } from '../traces/span.ts'
import { shipToLoki } from './loki.ts'
import { shipToOtlp } from './otlp.ts'
import type { Shipper } from './shipper.ts'

/** Where lines and traces go besides being kept here: what the live release says, which may change. */
export class Sending {
  readonly #onTrouble: (what: string) => void
  #loki: Shipper<StoredLine> | null = null
  #otlp: Shipper<SampledSpans> | null = null
  /** By those that are not used any more. */
  #dropped = { loki: 0, otlp: 0 }

  constructor(onTrouble: (what: string) => void) {
    this.#onTrouble = onTrouble
  }

  set({ loki, otlp, ...origin }: Destinations): void {
    this.#dropped = this.dropped()
    this.#loki?.close()
    this.#otlp?.close()
    const trouble = (whom: string) => ({ onTrouble: (what: string) => this.#onTrouble(`${whom}: ${what}`) })
    this.#loki = loki === null ? null : shipToLoki(loki, origin, trouble('lines are not sent to Loki'))
    this.#otlp = otlp === null ? null : shipToOtlp(otlp, origin, trouble('spans are not sent'))
  }

  lines(lines: readonly StoredLine[]): void {
    this.#loki?.add(lines)
  }

  /** Those that come when they are sent nowhere any more are let go: they were not asked for. */
  spans({ requests, left }: TakenSpans): void {
    this.#otlp?.add(requests)
    this.#dropped.otlp += left
  }

  dropped(): { readonly loki: number; readonly otlp: number } {
    return {
      loki: this.#dropped.loki + (this.#loki?.dropped ?? 0),
      otlp: this.#dropped.otlp + (this.#otlp?.dropped ?? 0),
    }
  }
}
