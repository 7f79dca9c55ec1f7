import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { passwordsOf, scrubOf, type Scrub } from '../core/scrub.ts'
import type { Instance, Release } from '../deploy/release.ts'
import type { OwedWork } from '../deploy/targets/roster.ts'
import { wantedInstances } from '../deploy/wanted.ts'
import type { Instances } from './instances.ts'
import { RosterTable, type RosterRow } from './roster-table.ts'
import { mark } from './scale/outside.ts'
import type { State } from './state.ts'

/** More instances than this of one environment are nobody's plan, and each routing table names them all. */
export const ROSTER_MAX = 2_000

export interface RosterOptions {
  readonly state: State
  readonly clock: Clock
  /** How the services of a release reach their needs. */
  readonly variablesOf: (release: string, service: string) => Readonly<Record<string, string>>
  /** The routing table is to be made anew: who takes traffic has changed. */
  readonly changed: () => Promise<unknown>
}

/**
 * Instances that an engine or a cluster keeps: containers, pods. Control knows of them what the last command with the tools
 * has told; what it would do to them itself is owed to the next one. All of it is in state.db.
 */
export class Roster implements Instances {
  readonly acts = false
  readonly table: RosterTable
  readonly #options: RosterOptions

  constructor(options: RosterOptions) {
    this.#options = options
    this.table = options.state.tables((db) => new RosterTable(db))
  }

  instances(): readonly Instance[] {
    return this.table
      .rows()
      .map(({ instance, owing }) => (owing?.what === 'stop' ? { ...instance, state: 'stopping' } : instance))
  }

  /**
   * Takes in what was started or seen. What is new beside the traffic of its release stays out of the routing table until
   * it is admitted; all others come in with their release's switch.
   * @throws Problem `release.unknown` `service.unknown` `roster.full`
   */
  async put(instances: readonly Instance[]): Promise<void> {
    const { state } = this.#options
    for (const instance of instances) this.#check(instance)
    const ids = new Set([...this.table.rows().map(({ instance }) => instance.id), ...instances.map(({ id }) => id)])
    if (ids.size > ROSTER_MAX) {
      throw new Problem('roster.full', `${ids.size} instances are more than the ${ROSTER_MAX} that are kept track of`, {
        hint: 'Run fewer instances, or several environments.',
      })
    }
    state.atomically(() => {
      for (const instance of instances) this.#put(instance)
    })
    if (instances.some((one) => this.#takesTraffic(one))) await this.#options.changed()
  }

  /** Lets instances into the traffic that have passed their check; those to which something is owed still stay out. */
  async admit(ids: readonly string[]): Promise<void> {
    const { state } = this.#options
    const well = ids.filter((id) => this.table.row(id)?.owing === null)
    mark(state, well, null)
    for (const id of well) this.#settleStart(this.table.row(id)!.instance)
    await this.#options.changed()
  }

  /** They are gone, whoever ended them. */
  async forget(ids: readonly string[]): Promise<void> {
    const { state } = this.#options
    state.atomically(() => {
      for (const id of ids) this.table.forget(id)
      mark(state, ids, null)
    })
    await this.#options.changed()
  }

  /**
   * Ids of the instances that a service of a release is to have: those that are there, and new ones for what lacks. A number
   * is never given twice; one that nothing came of is lost.
   */
  wanted(release: Release, service: string): readonly string[] {
    const { state } = this.#options
    serviceOf(release, service)
    const there = this.#of(release.id, service).map(({ id }) => id)
    const lacks = Math.max(0, wantedInstances(service, release.config, state.get('scaled')) - there.length)
    const prefix = `${service}@${release.id}`
    return [...there, ...Array.from({ length: lacks }, () => `${prefix}-${state.nextNumber(prefix)}`)]
  }

  /** What is there of a service; a start of what lacks is owed. */
  expect(release: Release, service: string, because: string): readonly Instance[] {
    serviceOf(release, service)
    if (this.#lacks(release, service))
      this.table.oweStart({ release: release.id, service, because, since: this.#options.clock.now() })
    return this.#of(release.id, service)
  }

  /** No start of it is owed any more: it is stopped. */
  expectNothing(release: string, service: string): void {
    this.table.settleStart(release, service)
  }

  /** Out of the traffic with the next table; the end of each is owed. */
  leave(ids: readonly string[]): void {
    for (const id of ids) this.#owe(id, 'stop', 'fewer of them are wanted')
    mark(this.#options.state, ids, 'leaving')
  }

  async stop(id: string): Promise<void> {
    this.#owe(id, 'stop', 'nothing needs it any more')
  }

  /** Out of the traffic until it has been started again; the last one of its service stays: there is nobody better. */
  async restartWedged(id: string, because: string): Promise<void> {
    const { state } = this.#options
    const row = this.table.row(id)
    if (row === null || row.owing !== null) return
    this.#owe(id, 'restart', because)
    const outside = state.get('outside')
    const { release, service } = row.instance
    const others = this.table
      .rows()
      .filter(({ instance: one, owing }) => one.release === release && one.service === service && owing === null)
    if (others.every(({ instance }) => Object.hasOwn(outside, instance.id))) {
      return this.#note('instance-wedged', `${id}: ${because}; it is the last one there, and stays in the traffic`)
    }
    mark(state, [id], 'joining')
    this.#note('instance-wedged', `${id}: ${because}; taken out of the traffic until it is started again`)
    await this.#options.changed()
  }

  /** What nobody in here may do, oldest first. */
  owed(): readonly OwedWork[] {
    const rows = this.table.rows()
    const stays = (release: string, service: string): number => this.#of(release, service).length
    const done = rows.flatMap(({ instance: { id, release, service }, owing }) =>
      owing === null ? [] : [{ ...owing, release, service, ids: [id], stays: stays(release, service) }],
    )
    const starts = this.table
      .owedStarts()
      // What is not live any more lacks nobody.
      .filter(({ release }) => this.#isRouted(release))
      .map((one) => ({ what: 'start' as const, ids: [], stays: stays(one.release, one.service), ...one }))
    return [...done, ...starts].toSorted((one, other) => one.since - other.since)
  }

  /** Its secrets never come here: whoever knows them takes them out. */
  scrubOf(id: string): Scrub {
    const row = this.table.row(id)
    if (row === null) return scrubOf({})
    return scrubOf(passwordsOf(this.#options.variablesOf(row.instance.release, row.instance.service)))
  }

  examine(): null {
    return null
  }

  #of(release: string, service: string): readonly Instance[] {
    return this.instances().filter(
      (one) => one.release === release && one.service === service && one.state !== 'stopping',
    )
  }

  /** A start is owed until as many are there as are wanted, and in the traffic: a command may be killed over each of them. */
  #settleStart({ release: id, service }: Pick<Instance, 'release' | 'service'>): void {
    const { state } = this.#options
    const outside = state.get('outside')
    const release = state.release(id)
    if (release === null || this.#lacks(release, service)) return
    if (this.#of(id, service).every((one) => outside[one.id] !== 'joining')) this.table.settleStart(id, service)
  }

  #lacks({ id, config }: Release, service: string): boolean {
    return this.#of(id, service).length < wantedInstances(service, config, this.#options.state.get('scaled'))
  }

  #check({ id, release: of, service }: Instance): void {
    const release = this.#options.state.release(of)
    if (release === null)
      throw new Problem('release.unknown', `there is no release ${of}`, { hint: 'See `seaworthy status --history`.' })
    serviceOf(release, service)
    if (id.startsWith(`${service}@${of}-`)) return
    throw new Error(`${id} is no name of an instance of ${service} in ${of}`)
  }

  #put(instance: Instance): void {
    const { state } = this.#options
    const before = this.table.row(instance.id)
    const leaves = before?.owing?.what === 'stop' && state.get('outside')[instance.id] === 'leaving'
    // Whoever could not be ended is still there, and still one too many.
    if (leaves) return this.table.save({ instance: { ...instance, pid: null }, owing: before.owing })
    const keepsOwing = before?.owing?.what === 'restart' && isSameStart(before, instance)
    // A number of another machine's or container's processes means nothing here.
    this.table.save({ instance: { ...instance, pid: null }, owing: keepsOwing ? before.owing : null })
    const isKept = before !== null && before.owing === null
    if (!this.#takesTraffic(instance)) {
      if (!keepsOwing) mark(state, [instance.id], null)
    } else if (!isKept) mark(state, [instance.id], 'joining')
    this.#settleStart(instance)
  }

  #takesTraffic({ release, service }: Pick<Instance, 'release' | 'service'>): boolean {
    const { state } = this.#options
    const isStopped = [...state.get('stoppedServices'), ...state.get('heldServices')].includes(service)
    return !isStopped && this.#isRouted(release)
  }

  #isRouted(release: string): boolean {
    const { state } = this.#options
    return release === state.get('live') || release === state.get('canary')?.release
  }

  #owe(id: string, what: 'stop' | 'restart', because: string): void {
    const { clock } = this.#options
    const row = this.table.row(id)
    if (row === null || row.owing?.what === 'stop' || row.owing?.what === what) return
    this.table.save({ ...row, owing: { what, because, since: clock.now() } })
  }

  #note(kind: string, text: string): void {
    this.#options.state.addEvent(this.#options.clock.now(), kind, text)
  }
}

function isSameStart({ instance }: RosterRow, { startedAt, restarts }: Instance): boolean {
  return instance.startedAt === startedAt && instance.restarts === restarts
}

function serviceOf({ id, config }: Release, service: string) {
  const found = config.services[service]
  if (found !== undefined) return found
  throw new Problem('service.unknown', `${service} is no service of ${id}`, {
    hint: `Services: ${Object.keys(config.services).join(', ')}.`,
  })
}
