import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { writeMetrics, type MetricHead, type MetricsFormat, type WrittenSample } from '../../core/openmetrics/write.ts'
import { usedNeeds } from '../../deploy/used-needs.ts'
import type { Release } from '../../deploy/release.ts'
import type { Fleet } from '../../gateway/admin/fleet.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import type { RoutingTable } from '../../gateway/table.ts'
import { onBeat } from '../../observe/collect/beat.ts'
import { Collector } from '../../observe/collect/collector.ts'
import { hostSources } from '../../observe/collect/host/sources.ts'
import type { NeedSource } from '../../observe/collect/need/need.ts'
import { postgresSource } from '../../observe/collect/need/postgres.ts'
import { redisSource } from '../../observe/collect/need/redis.ts'
import type { Measured, Source } from '../../observe/collect/source.ts'
import type { SeriesSink } from '../../observe/series/query.ts'
import { METRICS, metricOf } from '../../promises/metrics/catalogue.ts'
import { watchesOf } from '../../promises/watches.ts'
import type { Certificates } from '../certificates/certificates.ts'
import type { Security } from '../guard/security.ts'
import type { Instances } from '../instances.ts'
import type { Needs } from '../needs/needs.ts'
import type { Scaler } from '../scale/scaler.ts'
import type { State } from '../state.ts'
import type { GatewayView } from './gateway-readings.ts'
import { GatewaySource } from './gateway-source.ts'
import { InstanceSources } from './instance-sources.ts'
import { certificateReadings, DeployCounts, liveReadings, securityReadings, serviceReadings } from './own-readings.ts'

export interface CollectionOptions {
  /** Folders whose file systems count. */
  readonly folders: readonly string[]
  readonly state: Pick<State, 'get' | 'release' | 'world' | 'runningDeploy' | 'deploys'>
  readonly instances: Pick<Instances, 'instances'>
  /** The gateway's workers, and the routing table they were given last, also by a control before this one. */
  readonly fleet: Pick<Fleet, 'report' | 'counters' | 'workers'>
  readonly table: () => RoutingTable | null
  readonly scaler: Pick<Scaler, 'status'>
  readonly needs: Pick<Needs, 'urlOf'>
  readonly certificates: Pick<Certificates, 'status'>
  readonly security: Pick<Security, 'analytics'>
  readonly clock: Clock
  readonly logger: Logger
  /** Where samples go; /metrics shows the newest of them in any case. @default nowhere */
  readonly sink?: SeriesSink
}

/** Deploys looked at with every beat, newest first: more do not end within one. */
const DEPLOYS_LOOKED_AT = 20

/** What this environment measures: its gateway, instances, needs, host, certificate, and control itself. */
export class Collection {
  readonly #options: CollectionOptions
  readonly #collector: Collector
  readonly #instances: InstanceSources
  readonly #gateway: GatewaySource
  readonly #host: () => readonly Source[]
  readonly #own: readonly Source[]
  readonly #more: (() => readonly Source[])[] = []
  readonly #needs = new Map<string, { readonly url: string; readonly source: NeedSource }>()
  readonly #deploys = new DeployCounts()
  /** Upstreams that workers have taken out, once for each of them. */
  #down: readonly string[] = []
  /** Series of instances that found no room. */
  #dropped = 0

  constructor(options: CollectionOptions) {
    this.#options = options
    const { clock, state, instances, fleet, folders, logger } = options
    this.#instances = new InstanceSources({
      instances: () => instances.instances(),
      release: (id) => state.release(id),
      routed: () => upstreamsOf(options.table()),
      inWork: () => new Set([state.get('live'), state.get('canary')?.release ?? null].filter((id) => id !== null)),
      gateway: () => ({ workers: fleet.workers().length, down: this.#down }),
      onDropped: (count) => (this.#dropped += count),
      now: () => clock.now(),
    })
    this.#gateway = new GatewaySource({ fleet, view: () => this.#gatewayView() })
    this.#host = hostSources({ folders })
    this.#own = this.#ownSources()
    this.#collector = new Collector({
      sources: () => this.#sources(),
      sink: options.sink ?? { append: () => {} },
      onTurn: (source, target, because) => {
        if (because === null) logger.info('measured again', { source, target })
        else logger.info('cannot be measured', { source, target, because })
      },
    })
  }

  /** Collects at every beat from now on; returns what ends it. The workers that run are connected. */
  async start(): Promise<() => void> {
    await this.#gateway.begin()
    this.#lookAtDeploys()
    const stop = onBeat((atMs) => {
      this.#collector
        .collect(atMs)
        .catch((error: unknown) => this.#options.logger.error('collecting failed', { error: String(error) }))
    })
    return () => {
      stop()
      for (const { source } of this.#needs.values()) source.close()
    }
  }

  /** The environment has been stopped: its series end, so that the next `up` does not count instances of before among its own. */
  end(): void {
    this.#collector.end(this.#options.clock.now())
  }

  /** More sources: of those who have something of their own to tell. Asked at every beat which there are. */
  add(sources: () => readonly Source[]): void {
    this.#more.push(sources)
  }

  /** Workers have reported: what they see of their upstreams is told with the next look. */
  seen({ down = [] }: Counters): void {
    this.#down = down
  }

  /** What is known at once is told at once: who is up, and who is not any more. */
  look(): void {
    this.#instances.look(this.#collector)
  }

  /** The newest value of everything, as text. */
  text(format: MetricsFormat): string {
    const known = new Map<string, WrittenSample[]>(METRICS.map(({ name }) => [name, []]))
    for (const [series, { metric, value }] of this.#collector.current()) {
      if (value === null) continue
      const name = metricOf(metric)?.name ?? metric
      const own = known.get(name)
      if (own === undefined) known.set(name, [{ series, value }])
      else own.push({ series, value })
    }
    return writeMetrics(
      [...known].map(([name, samples]) => ({ head: headOf(name), samples })),
      format,
    )
  }

  #sources(): readonly Source[] {
    return [
      ...this.#own,
      ...this.#instances.sources(),
      ...this.#needSources(),
      ...this.#host(),
      ...this.#more.flatMap((sources) => sources()),
    ]
  }

  #ownSources(): readonly Source[] {
    const { scaler, certificates, security, state } = this.#options
    const source = (
      name: string,
      target: string,
      read: () => readonly Measured[] | Promise<readonly Measured[]>,
    ): Source => ({
      name,
      target,
      read: async () => read(),
    })
    return [
      this.#gateway,
      source('gateway', 'guard', () => securityReadings(security.analytics.totals())),
      source('control', 'services', () =>
        serviceReadings(scaler.status(), state.get('stoppedServices'), (service) => this.#upOf(service)),
      ),
      source('control', 'deploys', () => {
        this.#lookAtDeploys()
        return [...this.#deploys.readings(), ...liveReadings(this.#live())]
      }),
      source('control', 'certificates', () => certificateReadings(certificates.status())),
      source('control', 'collection', () => [
        {
          metric: 'seaworthy_samples_dropped_total',
          labels: { reason: 'target' },
          value: this.#collector.dropped + this.#dropped,
        },
      ]),
    ]
  }

  #gatewayView(): Omit<GatewayView, 'counters' | 'workers'> {
    const live = this.#live()
    const serving = Object.entries(live?.config.services ?? {}).filter(([, { routes }]) => routes.length > 0)
    return {
      releases: this.#inUse(),
      serving: serving.map(([service]) => ({ service, release: live!.id })),
      watches: live === null ? [] : watchesOf(live.config),
    }
  }

  /** The live release, the warm one, those of a deploy and of whatever else runs; counts of no release are of `none`. */
  #inUse(): ReadonlySet<string> {
    const { state, instances } = this.#options
    const { live, warm } = state.world()
    const deploying = state.runningDeploy()?.plan.release.id ?? null
    const ids = [live, warm, deploying, ...instances.instances().map(({ release }) => release)]
    return new Set(ids.filter((id) => id !== null))
  }

  #lookAtDeploys(): void {
    this.#deploys.look(this.#options.state.deploys(DEPLOYS_LOOKED_AT))
  }

  #live(): Release | null {
    const live = this.#options.state.get('live')
    return live === null ? null : this.#options.state.release(live)
  }

  /** Instances of the live release that the routing table names, or that need no route, and that are up. */
  #upOf(service: string): number {
    return this.#instances.upOf(service, this.#options.state.get('live'))
  }

  /** A need whose URL has changed is another server. */
  #needSources(): readonly Source[] {
    const live = this.#live()
    const wanted = live === null ? [] : Object.keys(usedNeeds(live.config))
    const there = new Set<string>()
    for (const need of wanted) {
      const kind = live!.config.needs[need]!.kind
      const url = kind === 'postgres' || kind === 'redis' ? this.#options.needs.urlOf(live!, need) : null
      if (url === null) continue
      there.add(need)
      const known = this.#needs.get(need)
      if (known?.url === url) continue
      known?.source.close()
      this.#needs.set(need, { url, source: kind === 'postgres' ? postgresSource(need, url) : redisSource(need, url) })
    }
    for (const [need, { source }] of this.#needs) {
      if (there.has(need)) continue
      source.close()
      this.#needs.delete(need)
    }
    return [...this.#needs.values()].map(({ source }) => source)
  }
}

/** What an instance calls its own: of its kind nothing is known here. */
function headOf(name: string): MetricHead {
  return (
    METRICS.find((metric) => metric.name === name) ?? { name, type: 'unknown', unit: null, help: 'Of an instance.' }
  )
}

function upstreamsOf(table: RoutingTable | null): ReadonlySet<string> {
  const backends = [...Object.values(table?.services ?? {}), ...Object.values(table?.canary?.services ?? {})]
  return new Set(backends.flatMap((one) => (one.kind === 'upstreams' ? one.upstreams.map(({ id }) => id) : [])))
}
