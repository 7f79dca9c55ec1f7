import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { passGate } from '../../deploy/gate.ts'
import type { Instance, Release } from '../../deploy/release.ts'
import { ProcessTarget, type Supervision } from '../../deploy/targets/process/target.ts'
import type { Fleet } from '../../gateway/admin/fleet.ts'
import { baseEnvironment, makeInstances } from '../launch.ts'
import { examine } from '../examine.ts'
import type { MemoryWatch } from '../memory-watch.ts'
import type { Instances } from '../instances.ts'
import { lastLines } from '../last-lines.ts'
import type { State } from '../state.ts'
import type { Supervisor } from '../supervisor.ts'
import type { Traffic } from '../traffic.ts'
import { forgetGone, mark } from './outside.ts'

export interface MembersOptions {
  readonly folder: string
  /** The PATH under which programs are looked up. */
  readonly path: string
  readonly state: State
  readonly instances: Instances
  /** Where `instances` acts, it is this. */
  readonly supervisor: Pick<Supervisor, 'start'>
  readonly memory: MemoryWatch
  readonly traffic: Pick<Traffic, 'refresh'>
  readonly fleet: Pick<Fleet, 'drain'>
  readonly clock: Clock
  /** Somebody is at work on a deploy, or stops the environment: the routing table is theirs. */
  readonly isBusy: () => boolean
  /** An instance did not pass its check, and is on its way out. */
  readonly onFailed: (instance: Instance, because: string) => void
}

const LINES_SHOWN = 30

/**
 * Takes instances into the traffic and out of it again. In: started outside the routing table, let in once they have passed
 * the gate's check. Out: first out of the table, then drained, then stopped. The marks are in state.db, so that a control
 * that was killed goes on where it was.
 */
export class Members {
  readonly #options: MembersOptions
  readonly #target: ProcessTarget
  /** Instances that somebody in here waits for. */
  readonly #working = new Set<string>()
  readonly #passed = new Set<string>()

  constructor(options: MembersOptions) {
    this.#options = options
    const { folder, path, instances, memory } = options
    const looks: Pick<Supervision, 'instances' | 'lastLines' | 'examine'> = {
      instances: async () => instances.instances(),
      lastLines: async (name) => lastLines(join(folder, 'logs', `${name}.log`), LINES_SHOWN),
      examine: async (name) => examine(name, instances, memory),
    }
    this.#target = new ProcessTarget({
      projectFolder: folder,
      keptOut: [],
      stateFolder: folder,
      stateFolderOf: () => folder,
      // A gate only looks: of all that a deploy asks of its supervision it needs these three.
      supervision: looks as Supervision,
      environment: baseEnvironment(path),
      buildEnvironment: {},
      secretsOf: () => ({}),
    })
  }

  /** Starts the instances that the service lacks, outside the routing table. */
  async begin(release: Release, service: string): Promise<void> {
    const { folder, path, state, supervisor, clock } = this.#options
    const artifactFolder = join(folder, 'releases', release.artifacts[service]!)
    const rows = await makeInstances({ release, service, artifactFolder, path }, folder, state, clock.now())
    mark(
      state,
      rows.map(({ id }) => id),
      'joining',
    )
    for (const row of rows) await supervisor.start(row)
  }

  leave(ids: readonly string[]): void {
    for (const id of ids) this.#passed.delete(id)
    mark(this.#options.state, ids, 'leaving')
  }

  /** Carries each instance that is on its way one step further. */
  async advance(): Promise<void> {
    const { state, traffic, isBusy } = this.#options
    const instances = this.#options.instances.instances()
    forgetGone(state, instances)
    const outside = state.get('outside')
    const idle = instances.filter(({ id }) => !this.#working.has(id))
    for (const one of idle)
      if (outside[one.id] === 'joining' && !this.#passed.has(one.id)) this.#work(one, () => this.#join(one))
    const goes = idle.filter(({ id }) => outside[id] === 'leaving')
    // From here to the refresh nothing waits: a deploy that begins meanwhile queues its table behind this one.
    if (isBusy() || (goes.length === 0 && this.#passed.size === 0)) return
    const comes = [...this.#passed].filter((id) => instances.some((one) => one.id === id))
    this.#passed.clear()
    mark(state, comes, null)
    await traffic.refresh(state.get('token'))
    for (const id of comes) this.#note('instance-joined', `${id} passed its check and takes traffic`)
    for (const one of goes) this.#work(one, () => this.#leave(one))
  }

  async #join(instance: Instance): Promise<void> {
    const { state, clock, onFailed } = this.#options
    const release = state.release(instance.release)
    if (release === null) return
    const { signal } = new AbortController()
    try {
      const gate = { target: this.#target, release, service: instance.service, clock, signal, onNote: () => {} }
      await passGate([instance], gate)
      this.#passed.add(instance.id)
    } catch (error) {
      const now = this.#options.instances.instances().find(({ id }) => id === instance.id)
      // Stopped by somebody who wanted it so: the environment, a deploy that retires the release.
      if (now === undefined || now.state === 'stopping') return
      // Before it leaves: afterwards nobody knows its secrets any more.
      const scrub = this.#options.instances.scrubOf(instance.id)
      this.leave([instance.id])
      const detail = error instanceof Problem ? error.details.map((line) => `\n  ${line}`).join('') : ''
      this.#note('scale-failed', scrub(`${messageOf(error)}${detail}`))
      onFailed(instance, scrub(messageOf(error)))
    }
  }

  async #leave({ id, release }: Instance): Promise<void> {
    const { state, instances, fleet } = this.#options
    await fleet.drain([id], state.release(release)?.config.drainMs ?? 0)
    await instances.stop(id)
    mark(state, [id], null)
    this.#note('instance-left', `${id} finished what it had and was stopped`)
  }

  #work({ id }: Instance, work: () => Promise<void>): void {
    this.#working.add(id)
    work()
      .catch((error: unknown) => this.#note('scale-failed', `${id}: ${messageOf(error)}`))
      .finally(() => this.#working.delete(id))
  }

  #note(kind: string, text: string): void {
    this.#options.state.addEvent(this.#options.clock.now(), kind, text)
  }
}
