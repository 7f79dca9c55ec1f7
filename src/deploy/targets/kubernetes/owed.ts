import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance, Release } from '../../release.ts'
import type { Probe } from '../../target.ts'
import { messageOf, Problem } from '../../../core/problem.ts'
import { isMore, together, type OwedWork, type RosterPort } from '../roster.ts'
import { rosterOf } from './pods-probe.ts'
import type { Workloads } from './workloads.ts'

/** Between two looks at what comes back. */
const LOOK_MS = 500

export interface OwedOptions {
  readonly roster: RosterPort
  readonly workloads: Pick<Workloads, 'remove' | 'address' | 'deployed'>
  readonly release: (id: string) => Promise<Release | null>
  readonly start: (release: Release, service: string) => Promise<readonly Instance[]>
  readonly probe: (instance: Instance, release: Release) => Promise<Probe>
  readonly signal: AbortSignal | undefined
  readonly onNote: (text: string) => void
}

/** What control would have done to instances itself, could it. */
export class Owed {
  readonly #options: OwedOptions
  /** In this command: what does not come back is not waited for twice. */
  readonly #tried = new Set<string>()

  constructor(options: OwedOptions) {
    this.#options = options
  }

  /**
   * Does all of it. What does not come back in its time stays owed, and does not stand in the way of what mends it.
   * @param isForNext a release is to be started next: it does not wait for more of what serves already
   */
  async settle({ isForNext = false } = {}): Promise<void> {
    const owed = (await this.#options.roster.owed()).filter(
      (one) => !this.#tried.has(keyOf(one)) && !(isForNext && isMore(one)),
    )
    for (const one of owed) this.#tried.add(keyOf(one))
    const [stops, others] = [true, false].map((isStop) => owed.filter(({ what }) => (what === 'stop') === isStop))
    // Each service's Deployment is changed once.
    await Promise.all(together(stops!).map((one) => this.#try(one)))
    // What is started may be what had to make room for what is stopped.
    await Promise.all(others!.map((one) => this.#try(one)))
  }

  async #try(owed: OwedWork): Promise<void> {
    const { what, service, release } = owed
    try {
      await this.#do(owed)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.#options.onNote(`${what} of ${service} of ${release} is still owed: ${messageOf(error)}`)
    }
  }

  async #do(owed: OwedWork): Promise<void> {
    const { roster, workloads, start } = this.#options
    const { service } = owed
    const release = await this.#options.release(owed.release)
    if (owed.what === 'stop') {
      // As many pods as are wanted by now: the cluster takes the others away.
      if (owed.stays > 0 && release !== null) await start(release, service)
      else await workloads.remove(owed.release, [service], release)
      return roster.forget(owed.ids)
    }
    if (release === null) return
    if (owed.what === 'restart') return this.#letInAgain(owed, release)
    await this.#admit(await start(release, service), release)
    // It may have been stopped to make room for a release that did not come to stay.
    await roster.bringBack(service)
  }

  /** Pods that no longer answered their kubelet has started again, or will: they come in as those that are new do. */
  async #letInAgain({ ids, service }: OwedWork, release: Release): Promise<void> {
    const { roster, workloads } = this.#options
    const there = await workloads.deployed()
    // A stop has taken it away: whoever starts it settles this as well.
    if (!there.some((one) => one.release === release.id && one.service === service)) return
    const address = await workloads.address(release, service)
    const instances = rosterOf(release, service, { ids, pods: [], address, now: Date.now() })
    if (!(await this.#pass(instances, release))) return
    // As started now: what is owed to one that was started before is settled with that.
    await roster.put(instances)
    await roster.admit(ids)
  }

  async #admit(instances: readonly Instance[], release: Release): Promise<void> {
    if (await this.#pass(instances, release)) await this.#options.roster.admit(instances.map(({ id }) => id))
  }

  /** Whether all of a service pass as often in a row as its gate asks, within its deadline. */
  async #pass(instances: readonly Instance[], release: Release): Promise<boolean> {
    const { probe, signal } = this.#options
    const [first] = instances
    if (first === undefined) return false
    const { passes: needed, deadlineMs } = release.config.services[first.service]!.health
    const deadline = performance.now() + deadlineMs
    for (let passes = 0; passes < needed;) {
      const probes = await Promise.all(instances.map((instance) => probe(instance, release)))
      passes = probes.every(({ kind }) => kind === 'pass') ? passes + 1 : 0
      if (performance.now() > deadline) {
        const [because] = probes.flatMap((one) => (one.kind === 'pass' ? [] : [one.because]))
        const text = `${first.service} of ${release.id} is not ready after ${deadlineMs / 1000} s`
        this.#options.onNote(`${text}: ${because ?? 'it passed too seldom'}`)
        return false
      }
      if (passes < needed) await sleep(LOOK_MS, undefined, { signal })
    }
    return true
  }
}

function keyOf({ what, release, service, ids, since }: OwedWork): string {
  return [what, release, service, since, ...ids].join(' ')
}
