import { availableParallelism } from 'node:os'
import type { Instance, Release } from '../../deploy/release.ts'
import type { Collector } from '../../observe/collect/collector.ts'
import { instanceMetrics } from '../../observe/collect/instance/metrics.ts'
import { descriptorsOf } from '../../observe/collect/proc/descriptors.ts'
import { allowedCores } from '../../observe/collect/proc/cores.ts'
import { quotaOf } from '../../observe/collect/proc/quota.ts'
import { usageBySession, type Usage } from '../../observe/collect/proc/usage.ts'
import type { Measured, Source } from '../../observe/collect/source.ts'

export interface InstanceSourcesOptions {
  readonly instances: () => readonly Instance[]
  readonly release: (id: string) => Release | null
  /** Ids of instances that the routing tables name. */
  readonly routed: () => ReadonlySet<string>
  /** Ids of the releases that are there to work: the live one, and one on trial. */
  readonly inWork: () => ReadonlySet<string>
  /** What the gateway sees: how many workers there are, and the upstreams they have taken out, once for each worker. */
  readonly gateway: () => { readonly workers: number; readonly down: readonly string[] }
  readonly onDropped: (count: number) => void
  readonly now: () => number
}

interface Known {
  readonly source: Source
  readonly metrics: Source | null
  /** Since it takes traffic, or runs without a port in a release that works, it is expected to be up. */
  isExpected: boolean
  /** The most CPU that was counted, of one leader. */
  cpu: { readonly pid: number; readonly seconds: number } | null
}

/** All processes are listed once for the sources of one beat. */
const USAGE_MS = 1_000

/** The sources of every instance that runs or should run: its processes, and what it says itself. */
export class InstanceSources {
  readonly #options: InstanceSourcesOptions
  readonly #known = new Map<string, Known>()
  #usage: ReadonlyMap<number, Usage> = new Map()
  #usageAtMs = Number.NEGATIVE_INFINITY

  constructor(options: InstanceSourcesOptions) {
    this.#options = options
  }

  sources(): readonly Source[] {
    return this.#present().flatMap((instance) => {
      const { source, metrics } = this.#knownOf(instance)
      return metrics === null ? [source] : [source, metrics]
    })
  }

  /** Tells at once who is up and who is not any more, without waiting for a beat. */
  look(collector: Pick<Collector, 'note'>): void {
    for (const instance of this.#present())
      collector.note(this.#knownOf(instance).source, this.#up(instance), this.#options.now())
  }

  /** Instances of a service and a release that take its work and are up. */
  upOf(service: string, release: string | null): number {
    const routed = this.#options.routed()
    const own = this.#present().filter(
      (one) => one.service === service && one.release === release && (one.port === null || routed.has(one.id)),
    )
    return own.filter((instance) => this.#up(instance)[0]?.value === 1).length
  }

  /** Those that are not on their way out; those that are gone are forgotten. */
  #present(): readonly Instance[] {
    const present = this.#options.instances().filter(({ state }) => state !== 'stopping' && state !== 'stopped')
    for (const key of this.#known.keys()) if (!present.some((one) => keyOf(one) === key)) this.#known.delete(key)
    return present
  }

  #knownOf(instance: Instance): Known {
    const key = keyOf(instance)
    let known = this.#known.get(key)
    if (known === undefined) {
      const { id, service, host, port } = instance
      const read = (): Promise<readonly Measured[]> => this.#read(id)
      const { onDropped } = this.#options
      known = {
        source: { name: 'instance', target: id, read },
        metrics: port === null ? null : instanceMetrics({ service, instance: id, host, port, onDropped }),
        isExpected: false,
        cpu: null,
      }
      this.#known.set(key, known)
    }
    return known
  }

  /**
   * Down is whose process does not run, and whom every worker of the gateway has taken out. Of one that has yet to take traffic
   * nothing is said: whether it comes up is what its deploy waits for. Nor of one that runs and that traffic has left: instances
   * that are kept warm would hide that no live one answers.
   */
  #up(instance: Instance): readonly Measured[] {
    const known = this.#knownOf(instance)
    const { id, state, port, release } = instance
    const isRouted = this.#options.routed().has(id)
    if (state === 'running') known.isExpected = isRouted || (port === null && this.#options.inWork().has(release))
    else if (isRouted) known.isExpected = true
    if (!known.isExpected) return []
    const { workers, down } = this.#options.gateway()
    const isOut = isRouted && workers > 0 && down.filter((one) => one === id).length >= workers
    return [
      { metric: 'seaworthy_instance_up', labels: labelsOf(instance), value: state === 'running' && !isOut ? 1 : 0 },
    ]
  }

  async #read(id: string): Promise<readonly Measured[]> {
    const instance = this.#options.instances().find((one) => one.id === id)
    if (instance === undefined) return []
    const of = (metric: string, value: number | null | undefined): readonly Measured[] =>
      value === null || value === undefined
        ? []
        : [{ metric: `seaworthy_instance_${metric}`, labels: labelsOf(instance), value }]
    const { pid } = instance
    const usage = pid === null ? undefined : this.#usageNow().get(pid)
    const service = this.#options.release(instance.release)?.config.services[instance.service]
    // The leader may be a shell that waits: what works is bounded by its own groups.
    const worker = usage?.processes[0]
    const quota = worker === undefined ? null : quotaOf(worker)
    const cores = worker === undefined ? null : (allowedCores(worker) ?? availableParallelism())
    const descriptors = usage === undefined ? null : await descriptorsOf(usage.processes)
    return [
      ...this.#up(instance),
      ...of('restarts_total', instance.restarts),
      ...of('cpu_seconds_total', usage && this.#cpuSeconds(instance, usage)),
      ...of('cpu_limit', usage && leastOf(service?.cpu, quota?.cores, cores)),
      ...of('memory_bytes', usage?.residentBytes),
      ...of('memory_limit_bytes', usage && leastOf(service?.memoryBytesMax, quota?.memoryBytes)),
      ...of('descriptors', descriptors?.open),
      ...of('descriptors_limit', descriptors?.limit),
    ]
  }

  /**
   * Never less than before of the same leader: the time of processes that nobody waited for goes with them, and a counter that
   * falls by it would count all it has once more.
   */
  #cpuSeconds(instance: Instance, { cpuSeconds }: Usage): number {
    const known = this.#knownOf(instance)
    const pid = instance.pid!
    const seconds = known.cpu?.pid === pid ? Math.max(known.cpu.seconds, cpuSeconds) : cpuSeconds
    known.cpu = { pid, seconds }
    return seconds
  }

  #usageNow(): ReadonlyMap<number, Usage> {
    const now = performance.now()
    if (now - this.#usageAtMs >= USAGE_MS) {
      const leaders = new Set(this.#options.instances().map(({ pid }) => pid))
      this.#usage = usageBySession('/proc', (session) => leaders.has(session))
      this.#usageAtMs = now
    }
    return this.#usage
  }
}

/** Started again on another port it is asked there. */
function keyOf({ id, port }: Instance): string {
  return `${id} ${port ?? ''}`
}

function labelsOf({ service, id }: Instance): Measured['labels'] {
  return { service, instance: id }
}

function leastOf(...limits: readonly (number | null | undefined)[]): number | null {
  const known = limits.filter((limit) => typeof limit === 'number')
  return known.length === 0 ? null : Math.min(...known)
}
