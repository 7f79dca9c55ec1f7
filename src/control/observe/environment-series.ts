import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Labels, Matcher } from '../../core/series/labels.ts'
import type { Reading, Series } from '../../core/series/series.ts'
import { PrometheusQuery } from '../../observe/prometheus/query.ts'
import type { Range, SeriesQuery, SeriesSink, Value } from '../../observe/series/query.ts'
import { SeriesThread } from '../../observe/series/store/thread.ts'
import type { Expression, Selector } from '../../promises/expression.ts'
import type { State } from '../state.ts'

/**
 * The series of an environment. What is measured always goes into series.db beside the state; what is asked goes there too,
 * unless the live release names a Prometheus, which then holds more and longer.
 */
export class EnvironmentSeries implements SeriesQuery, SeriesSink {
  readonly #state: Pick<State, 'get' | 'release'>
  readonly #clock: Clock
  readonly #own: SeriesThread
  #prometheus: { readonly url: string; readonly query: PrometheusQuery } | null = null

  constructor({
    folder,
    state,
    clock,
    logger,
    onDamaged,
  }: {
    readonly folder: string
    readonly state: Pick<State, 'get' | 'release'>
    readonly clock: Clock
    readonly logger: Logger
    readonly onDamaged: (what: string) => void
  }) {
    this.#state = state
    this.#clock = clock
    this.#own = new SeriesThread({ path: join(folder, 'series.db'), logger, onDamaged })
  }

  /** Of the own store: series that live, and the samples that were dropped, by reason. */
  get counts(): SeriesThread['counts'] {
    return this.#own.counts
  }

  /** What was measured here, whatever Prometheus is named: alerts stand on nothing that may be away when it matters. */
  get own(): SeriesQuery {
    return this.#own
  }

  append(readings: readonly Reading[]): void {
    this.#own.append(readings)
  }

  cutFrom(fromMs: number): void {
    this.#own.cutFrom(fromMs)
  }

  /** Resolves when what was appended is written: the thread answers in order. */
  async written(): Promise<void> {
    await this.#own.series('seaworthy_instance_up', [])
  }

  instant(expression: Expression, atMs: number): Promise<readonly Value[]> {
    return this.#query().instant(expression, atMs)
  }

  range(expression: Expression, range: Range): Promise<readonly Series[]> {
    return this.#query().range(expression, range)
  }

  raw(selector: Selector, within: { readonly fromMs: number; readonly toMs: number }): Promise<readonly Series[]> {
    return this.#query().raw(selector, within)
  }

  series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): Promise<readonly { readonly metric: string; readonly labels: Labels }[]> {
    return this.#query().series(metric, matchers)
  }

  #query(): SeriesQuery {
    const live = this.#state.get('live')
    const url = live === null ? null : (this.#state.release(live)?.config.telemetry?.prometheus ?? null)
    if (url === null) return this.#own
    if (this.#prometheus?.url !== url)
      this.#prometheus = { url, query: new PrometheusQuery({ url, now: () => this.#clock.now() }) }
    return this.#prometheus.query
  }
}
