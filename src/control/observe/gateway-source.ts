import { seriesKey } from '../../core/series/labels.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import type { Measured, Source } from '../../observe/collect/source.ts'
import { gatewayReadings, type GatewayView } from './gateway-readings.ts'

export interface GatewaySourceOptions {
  /** Asks every worker; `counters` are what they have said by themselves. */
  readonly fleet: { report(): Promise<Counters>; counters(): Counters; workers(): readonly unknown[] }
  readonly view: () => Omit<GatewayView, 'counters' | 'workers'>
  /** How long workers are waited for. @default ASK_WORKERS_MS */
  readonly waitMs?: number
}

/** A worker that does not come to answer must not take the counts of the others away. */
export const ASK_WORKERS_MS = 3_000

/** What grows, by its name; gauges are taken as they are. */
const GROWS = /_(?:total|bucket|count|sum)$/

/**
 * The gateway's counters, from where they stood when this control began: the workers count from their own start, but those that
 * ended before are known to nobody any more. A sum without them would look like a counter that began anew at its whole height.
 */
export class GatewaySource implements Source {
  readonly name = 'gateway'
  readonly target = 'workers'
  readonly #options: GatewaySourceOptions
  #start = new Map<string, number>()

  constructor(options: GatewaySourceOptions) {
    this.#options = options
  }

  /** Before the first request that is to count: when the workers that run are connected. */
  async begin(): Promise<void> {
    const readings = await this.#readings()
    this.#start = new Map(readings.map(({ metric, labels, value }) => [seriesKey(metric, labels), value]))
  }

  readonly read = async (): Promise<readonly Measured[]> =>
    (await this.#readings()).map((one) => {
      const before = GROWS.test(one.metric) ? this.#startOf(one) : 0
      return before === 0 ? one : { ...one, value: one.value - before }
    })

  /** Of what stands below where it stood, workers have begun to count anew: from here on, and not once it has caught up. */
  #startOf({ metric, labels, value }: Measured): number {
    const key = seriesKey(metric, labels)
    const known = this.#start.get(key) ?? 0
    if (value < known) this.#start.set(key, value)
    return Math.min(known, value)
  }

  async #readings(): Promise<readonly Measured[]> {
    const { fleet, view, waitMs = ASK_WORKERS_MS } = this.#options
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Counters>((resolve) => (timer = setTimeout(() => resolve(fleet.counters()), waitMs)))
    const counters = await Promise.race([fleet.report(), late])
    clearTimeout(timer)
    return gatewayReadings({ ...view(), counters, workers: fleet.workers().length })
  }
}
