import type { ResolvedService } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import { hasInstances, isCountedByCluster, wantedInstances } from '../../deploy/wanted.ts'
import type { Fleet } from '../../gateway/admin/fleet.ts'
import type { ScaleNote, ScaleStatus } from '../api/scale-methods.ts'
import { decide, type Look, type Measure } from './decide.ts'
import { Members, type MembersOptions } from './members.ts'
import type { Roster } from '../roster.ts'
import { Meters } from './meters.ts'
import { inTable } from './outside.ts'
import type { ScaleTiming } from './timing.ts'

export interface ScalerOptions extends Omit<MembersOptions, 'onFailed'> {
  readonly fleet: Pick<Fleet, 'drain' | 'report' | 'workers'>
  /** Where `instances` does not act, it is this. */
  readonly roster: Pick<Roster, 'expect' | 'leave'>
  readonly timing: ScaleTiming
}

/** What was seen of a service lately. */
interface Memory {
  readonly release: string
  readonly looks: Look[]
  /** Measure → since when it has no data, and whether that was told. */
  readonly missing: Map<string, { readonly since: number; told: boolean }>
}

/**
 * Keeps each service of the live release at its number of instances, and changes the number by what is measured. While
 * somebody is at work on a deploy it waits.
 */
export class Scaler {
  readonly #options: ScalerOptions
  readonly #timing: ScaleTiming
  readonly #members: Members
  readonly #meters: Meters
  readonly #memories = new Map<string, Memory>()
  #lookedAt = 0

  constructor(options: ScalerOptions) {
    this.#options = options
    this.#timing = options.timing
    this.#meters = new Meters(this.#timing)
    this.#members = new Members({ ...options, onFailed: (instance, because) => this.#failed(instance, because) })
  }

  /** One round; to be called again and again, never twice at once. */
  async tick(): Promise<void> {
    // Where instances are kept elsewhere nobody in here starts one; what their numbers follow is the target's.
    if (!this.#options.instances.acts) return
    const release = this.#live()
    if (release !== null && !this.#options.isBusy()) await this.#keepNumbers(release)
    // Last, so that whoever was sent away is out of the table before anybody compares it.
    await this.#members.advance()
  }

  /**
   * Sets numbers by hand; null hands a service back to its measures, or to `scale.min` where it has none. Where an engine or a
   * cluster keeps the instances, those that are too many are out of the traffic then, and what is to be done to them is owed.
   * @throws Problem `service.unknown` `scale.impossible` `scale.out-of-bounds`
   */
  async scale(counts: Readonly<Record<string, number | null>>, by: string): Promise<void> {
    const { state } = this.#options
    const release = this.#live()
    for (const [name, count] of Object.entries(counts)) this.#check(release, name, count)
    const names = Object.keys(counts)
    state.atomically(() => {
      for (const [name, count] of Object.entries(counts)) this.#set(release!, name, count, by)
      // Whatever becomes of control, somebody starts and ends them.
      if (!this.#options.instances.acts) for (const name of names) this.#owe(release!, name)
    })
    if (!this.#options.instances.acts) await this.#drainLeaving(release!, names)
  }

  #set(release: Release, name: string, count: number | null, by: string): void {
    const { state, instances } = this.#options
    const { [name]: before, ...others } = state.get('scaled')
    // Where nobody in here starts instances, nobody measures either.
    const goesOn = instances.acts && isMeasured(release.config.services[name]!)
    const kept = count ?? (goesOn ? before : undefined)
    state.set('scaled', kept === undefined ? others : { ...others, [name]: kept })
    const because = count === null ? `handed back by ${by}` : `set to ${count} by ${by}`
    this.#setNote(name, { byHand: count !== null, because, failure: null })
    this.#tell('scaled', `${name}: ${because}`)
  }

  status(): readonly ScaleStatus[] {
    const { state } = this.#options
    const release = this.#live()
    if (release === null) return []
    const outside = state.get('outside')
    return Object.entries(release.config.services)
      .filter(([, config]) => hasInstances(config, release.config))
      .map(([service, config]) => {
        const own = this.#options.instances
          .instances()
          .filter((one) => one.release === release.id && one.service === service)
        const marked = (as: string): number => own.filter(({ id }) => outside[id] === as).length
        return {
          service,
          wanted: wantedInstances(service, release.config, state.get('scaled')),
          running: running(inTable(state, own)).length,
          joining: marked('joining'),
          leaving: marked('leaving'),
          min: config.scale.min,
          max: config.scale.max,
          note: state.get('scaleNotes')[service] ?? null,
          measures: this.#memories.get(service)?.looks.at(-1)?.measures ?? [],
        }
      })
  }

  async #keepNumbers(release: Release): Promise<void> {
    const names = Object.keys(release.config.services).filter((name) => this.#reasonAgainst(release, name) === null)
    await this.#measure(release, names)
    for (const name of names) if (!this.#options.isBusy()) await this.#fill(release, name)
  }

  async #measure(release: Release, names: readonly string[]): Promise<void> {
    const { state, fleet, clock } = this.#options
    const now = clock.now()
    const sinceMs = now - this.#lookedAt
    // Below zero the clock was set back.
    if (sinceMs >= 0 && sinceMs < this.#timing.lookEveryMs) return
    this.#lookedAt = now
    const measured = names.filter((name) => isMeasured(release.config.services[name]!))
    if (measured.length === 0) return
    const instances = running(inTable(state, this.#options.instances.instances())).filter(
      (one) => one.release === release.id,
    )
    // Without a single worker the sums stand still, and that is not the same as no requests.
    const counters = fleet.workers().length === 0 ? null : await fleet.report()
    for (const name of measured) {
      const measures = await this.#meters.read({ release, service: name, instances, counters, now })
      this.#remember(release, name, instances.filter(({ service }) => service === name).length, measures, now)
      this.#decide(release, name, now)
    }
    this.#meters.keepOnly(instances)
  }

  #remember(release: Release, name: string, runs: number, measures: readonly Measure[], now: number): void {
    const { lookEveryMs, windowMs, averageMs } = this.#timing
    let memory = this.#memories.get(name)
    const wasAway = Math.abs(now - (memory?.looks.at(-1)?.at ?? now)) > 3 * lookEveryMs
    // What happened while nobody looked is not known: the window begins anew.
    if (memory?.release !== release.id || wasAway) memory = { release: release.id, looks: [], missing: new Map() }
    this.#memories.set(name, memory)
    const wanted = wantedInstances(name, release.config, this.#options.state.get('scaled'))
    memory.looks.push({ at: now, wanted, running: runs, measures })
    while (memory.looks.length > 2 && memory.looks[1]!.at <= now - windowMs) memory.looks.shift()
    for (const { name: measure, missing } of measures) {
      const before = memory.missing.get(measure)
      if (missing === null) memory.missing.delete(measure)
      else if (before === undefined) memory.missing.set(measure, { since: now, told: false })
      if (missing === null && before?.told) this.#tell('scale-data', `${name}: ${measure} has data again`)
      if (missing === null || before === undefined || before.told || now - before.since < averageMs) continue
      before.told = true
      this.#tell('scale-no-data', `${name}: no data for ${measure} (${missing}); its number of instances stays`)
    }
  }

  #decide(release: Release, name: string, now: number): void {
    const { state } = this.#options
    const { scale } = release.config.services[name]!
    const { looks } = this.#memories.get(name)!
    const note = state.get('scaleNotes')[name]
    if (note?.byHand) return
    const { wanted } = looks.at(-1)!
    const { want, because } = decide(looks, scale, now, this.#timing)
    const hasJustFailed = note !== undefined && note.failure !== null && now - note.at < this.#timing.downMs
    if (want === wanted || (want > wanted && hasJustFailed)) return
    state.set('scaled', { ...state.get('scaled'), [name]: want })
    this.#setNote(name, { byHand: false, because: `${wanted} → ${want}: ${because}`, failure: null })
    this.#tell('scaled', `${name}: ${wanted} → ${want}: ${because}`)
  }

  #owe(release: Release, name: string): void {
    const { roster } = this.#options
    roster.leave(this.#tooMany(release, name))
    roster.expect(release, name, 'more of them are wanted')
  }

  /** Also those that a control has left that was killed over it. */
  async #drainLeaving(release: Release, names: readonly string[]): Promise<void> {
    const { state, instances, traffic, fleet } = this.#options
    const outside = state.get('outside')
    const leaving = instances
      .instances()
      .filter(({ id, service }) => names.includes(service) && outside[id] === 'leaving')
      .map(({ id }) => id)
    if (leaving.length === 0) return
    await traffic.refresh(state.get('token'))
    await fleet.drain(leaving, release.config.drainMs)
  }

  /** Starts what is lacking; sends away what is too many. */
  async #fill(release: Release, name: string): Promise<void> {
    const want = wantedInstances(name, release.config, this.#options.state.get('scaled'))
    if (this.#staying(release, name).length < want) await this.#members.begin(release, name)
    this.#members.leave(this.#tooMany(release, name))
  }

  #staying(release: Release, name: string): readonly Instance[] {
    const outside = this.#options.state.get('outside')
    return this.#options.instances
      .instances()
      .filter(({ id, release: of, service }) => of === release.id && service === name && outside[id] !== 'leaving')
  }

  /** First who is not in yet, then the youngest. */
  #tooMany(release: Release, name: string): readonly string[] {
    const { state } = this.#options
    const want = wantedInstances(name, release.config, state.get('scaled'))
    const outside = state.get('outside')
    const rank = ({ id, state: is }: Instance): number =>
      outside[id] === 'joining' ? 2 * 1e9 : is === 'running' ? 0 : 1e9
    const byWorth = this.#staying(release, name).toSorted(
      (one, other) => rank(one) + numberOf(one) - rank(other) - numberOf(other),
    )
    return byWorth.slice(want).map(({ id }) => id)
  }

  /** The number goes back to what there is: otherwise the same would be tried for ever. */
  #failed(instance: Instance, because: string): void {
    const { state } = this.#options
    const { service, release } = instance
    if (release !== this.#live()?.id) return
    const outside = state.get('outside')
    const left = this.#options.instances
      .instances()
      .filter((one) => one.release === release && one.service === service && outside[one.id] !== 'leaving').length
    state.set('scaled', { ...state.get('scaled'), [service]: left })
    const note = state.get('scaleNotes')[service]
    const text = `back to ${left}: ${because}`
    this.#setNote(service, { byHand: note?.byHand ?? false, because: text, failure: because })
    this.#tell('scaled', `${service}: ${text}`)
  }

  #check(release: Release | null, name: string, count: number | null): void {
    const service = release?.config.services[name]
    if (service === undefined) {
      const known = Object.keys(release?.config.services ?? {}).join(', ')
      throw new Problem('service.unknown', `${name} is no service of ${release?.id ?? 'a live release'}`, {
        hint: known === '' ? 'Nothing is live yet.' : `Services: ${known}.`,
      })
    }
    const reason = this.#reasonAgainst(release!, name)
    if (reason !== null) throw new Problem('scale.impossible', `${name} cannot be scaled: ${reason}`)
    const { min, max } = service.scale
    if (count === null || (count >= min && count <= max)) return
    throw new Problem('scale.out-of-bounds', `${name}: ${count} is not between scale.min ${min} and scale.max ${max}`, {
      hint: `Set services.${name}.scale in the config and deploy, or choose a number within.`,
    })
  }

  #reasonAgainst(release: Release, name: string): string | null {
    const service = release.config.services[name]!
    const { port } = service
    const { state } = this.#options
    if (!hasInstances(service, release.config)) return 'its files are served by the gateway itself'
    if (isCountedByCluster(name, release.config)) return "the cluster's autoscaler says how many there are"
    if (this.#options.instances.acts && port !== null) return `it insists on port ${port}, which only one can have`
    const isStopped = [...state.get('stoppedServices'), ...state.get('heldServices')].includes(name)
    return isStopped ? 'it is stopped' : null
  }

  #live(): Release | null {
    const { state } = this.#options
    const id = state.get('live')
    return id === null ? null : state.release(id)
  }

  #setNote(service: string, note: Omit<ScaleNote, 'at'>): void {
    const { state, clock } = this.#options
    state.set('scaleNotes', { ...state.get('scaleNotes'), [service]: { ...note, at: clock.now() } })
  }

  #tell(kind: string, text: string): void {
    this.#options.state.addEvent(this.#options.clock.now(), kind, text)
  }
}

function isMeasured({ scale }: ResolvedService): boolean {
  return scale.cpu !== null || scale.memory !== null || scale.perSecond !== null || scale.queue !== null
}

function running(instances: readonly Instance[]): readonly Instance[] {
  return instances.filter(({ state }) => state === 'running')
}

/** `api@7-3fa9c1d2-12` → 12. */
function numberOf({ id }: Instance): number {
  return Number(id.slice(id.lastIndexOf('-') + 1))
}
