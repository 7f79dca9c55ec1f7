import type { ResolvedService } from '../../config/resolved.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import type { Measure } from './decide.ts'
import { readGauge } from './queue-metric.ts'
import type { ScaleTiming } from './timing.ts'
import { usageBySession, type Usage } from '../../observe/collect/proc/usage.ts'

/** Sums that only grow, as they were at some instants: what they grew by in a second is a use or a rate. */
interface Growing {
  readonly of: string
  readonly notes: { readonly at: number; readonly sum: number }[]
}

interface Growth {
  readonly by: number
  readonly passedMs: number
}

/** Less of the averaging time than this tells nothing yet. */
const KNOWN_SHARE = 0.4

export interface MeterRequest {
  readonly release: Release
  readonly service: string
  /** Of the live release, those that take traffic; of every service. */
  readonly instances: readonly Instance[]
  /** Null when the gateway could not be asked. */
  readonly counters: Counters | null
  readonly now: number
}

/** Reads what a service is scaled by: its processes, the gateway's counters, a metric of its own. */
export class Meters {
  readonly #timing: ScaleTiming
  readonly #usage: () => ReadonlyMap<number, Usage>
  readonly #growing = new Map<string, Growing>()

  constructor(timing: ScaleTiming, usage: () => ReadonlyMap<number, Usage> = usageBySession) {
    this.#timing = timing
    this.#usage = usage
  }

  async read(request: MeterRequest): Promise<readonly Measure[]> {
    const { release, service, instances } = request
    const { scale } = release.config.services[service]!
    const own = instances.filter((one) => one.service === service)
    const usage = scale.cpu === null && scale.memory === null ? new Map<number, Usage>() : this.#usage()
    return [
      ...(scale.cpu === null ? [] : [this.#cpu(scale.cpu, own, usage, request)]),
      ...(scale.memory === null ? [] : [memory(scale.memory, own, usage, release.config.services[service]!)]),
      ...(scale.perSecond === null ? [] : [this.#rate(scale.perSecond, own, request)]),
      ...(scale.queue === null ? [] : [await queue(scale.queue, own, request)]),
    ]
  }

  /** Forgets the sums of instances that are gone. */
  keepOnly(instances: readonly Instance[]): void {
    for (const key of this.#growing.keys())
      if (key.startsWith('cpu ') && !instances.some(({ id }) => key === `cpu ${id}`)) this.#growing.delete(key)
  }

  #cpu(target: number, own: readonly Instance[], usage: ReadonlyMap<number, Usage>, request: MeterRequest): Measure {
    const cores = request.release.config.services[request.service]!.cpu ?? 1
    const growths = own.map(({ id, pid }) => {
      const used = pid === null ? undefined : usage.get(pid)?.cpuSeconds
      // Another process of the same instance counts from its own beginning.
      return { id, growth: this.#growth(`cpu ${id}`, String(pid), used, request.now) }
    })
    // The same stretch for all: otherwise what an old one did alone would be added to what a new one has taken over since.
    const stretchMs = Math.max(...growths.map(({ growth }) => growth?.passedMs ?? 0))
    const shares = growths.map(({ id, growth }) => ({
      id,
      value: growth === null ? null : (growth.by * 1000) / stretchMs / cores,
    }))
    return average('cpu', target, shares)
  }

  #rate(target: number, own: readonly Instance[], { release, service, counters, now }: MeterRequest): Measure {
    const sum = counters?.cells
      .filter((cell) => cell.service === service && cell.release === release.id && cell.status !== '1xx')
      .reduce((total, { count }) => total + count, 0)
    const growth = this.#growth(`rate ${service}`, release.id, sum, now)
    if (growth === null || own.length === 0)
      return { name: 'rate', value: null, target, missing: 'the gateway has not reported long enough' }
    return { name: 'rate', value: (growth.by * 1000) / growth.passedMs / own.length, target, missing: null }
  }

  /** What a sum grew by lately; null until that is known. */
  #growth(key: string, of: string, sum: number | undefined, now: number): Growth | null {
    const { averageMs } = this.#timing
    let growing = this.#growing.get(key)
    if (sum === undefined) {
      this.#growing.delete(key)
      return null
    }
    if (growing?.of !== of || sum < (growing.notes.at(-1)?.sum ?? 0) || now < (growing.notes.at(-1)?.at ?? 0))
      growing = { of, notes: [] }
    this.#growing.set(key, growing)
    growing.notes.push({ at: now, sum })
    while (growing.notes.length > 2 && now - growing.notes[1]!.at >= averageMs) growing.notes.shift()
    const first = growing.notes[0]!
    const passedMs = now - first.at
    return passedMs < averageMs * KNOWN_SHARE ? null : { by: sum - first.sum, passedMs }
  }
}

function memory(
  target: number,
  own: readonly Instance[],
  usage: ReadonlyMap<number, Usage>,
  { memoryBytesMax }: ResolvedService,
): Measure {
  if (memoryBytesMax === null)
    return { name: 'memory', value: null, target, missing: 'resources.memory is not declared: a share of nothing' }
  const shares = own.map(({ id, pid }) => {
    const used = pid === null ? undefined : usage.get(pid)?.residentBytes
    return { id, value: used === undefined ? null : used / memoryBytesMax }
  })
  return average('memory', target, shares)
}

/**
 * How many wait for each instance. The metric is the length of the whole queue, whichever instance is asked: of several
 * answers the largest counts. A service that listens on nothing is spoken for by the others of its release.
 */
async function queue(
  { metric, target }: { readonly metric: string; readonly target: number },
  own: readonly Instance[],
  { instances }: MeterRequest,
): Promise<Measure> {
  const listening = own.some(({ port }) => port !== null) ? own : instances
  const asked = listening.flatMap(({ host, port }) => (port === null ? [] : [{ host, port }]))
  const answers = await Promise.all(asked.map((endpoint) => readGauge(endpoint, metric)))
  const lengths = answers.flatMap((answer) => ('value' in answer ? [answer.value] : []))
  const missing = answers.flatMap((answer) => ('missing' in answer ? [answer.missing] : []))[0] ?? 'nobody to ask'
  if (lengths.length === 0 || own.length === 0) return { name: 'queue', value: null, target, missing }
  return { name: 'queue', value: Math.max(...lengths) / own.length, target, missing: null }
}

/**
 * Who cannot be read yet counts as using nothing: a newcomer takes its load from the others, whose readings still hold it.
 * That brings no more than what is seen asks for; `missing` sees to it that it takes nobody away.
 */
function average(
  name: 'cpu' | 'memory',
  target: number,
  readings: readonly { readonly id: string; readonly value: number | null }[],
): Measure {
  const known = readings.flatMap(({ value }) => (value === null ? [] : [value]))
  const unknown = readings.filter(({ value }) => value === null).map(({ id }) => id)
  const missing = readings.length === 0 ? 'no instance runs' : `no reading of ${unknown.join(', ')}`
  if (known.length === 0) return { name, value: null, target, missing }
  const value = known.reduce((sum, one) => sum + one, 0) / readings.length
  return { name, value, target, missing: unknown.length === 0 ? null : missing }
}
