import { messageOf, Problem } from '../../../core/problem.ts'
import { isRecreated } from '../../plan.ts'
import type { Instance, Release } from '../../release.ts'
import type { Probe } from '../../target.ts'
import { isMore, together, type OwedWork, type RosterPort } from '../roster.ts'
import type { Containers } from './containers.ts'

/** Between two looks at an instance that was started again. */
const LOOK_MS = 200
/** Of a release that control does not know any more. */
const GRACE_MS = 10_000

export interface OwedOptions {
  readonly roster: RosterPort
  readonly containers: Containers
  readonly release: (id: string) => Promise<Release | null>
  readonly start: (release: Release, service: string) => Promise<readonly Instance[]>
  readonly probe: (instance: Instance, release: Release) => Promise<Probe>
  readonly onNote: (text: string) => void
}

/** What control would have done to instances itself, could it. */
export class Owed {
  readonly #options: OwedOptions
  /** What was tried in this command: what does not come up is not waited for twice. */
  readonly #tried = new Set<string>()

  constructor(options: OwedOptions) {
    this.#options = options
  }

  /**
   * Does all of it; what does not succeed stays owed, and stands in nobody's way.
   * @param isForNext a release is to be started next: it does not wait for more of what serves already
   */
  async settle({ isForNext = false } = {}): Promise<void> {
    const owed = (await this.#options.roster.owed()).filter(
      (one) => !this.#tried.has(keyOf(one)) && !(isForNext && isMore(one)),
    )
    for (const one of owed) this.#tried.add(keyOf(one))
    // Two that take the last containers of one service away would be in each other's way.
    const stops = together(owed.filter(({ what }) => what === 'stop'))
    const ended = await Promise.all(stops.map((one) => this.#try(one)))
    const left = new Set(stops.filter((_, index) => !ended[index]).map(({ service }) => service))
    // One that cannot run beside another release of its service waits until that has ended.
    await Promise.all(owed.filter(({ what }) => what !== 'stop').map((one) => this.#try(one, left)))
  }

  /**
   * Whether it could be done. The next release may be what mends it: that must not wait for this one.
   * @param left services of which another release goes on running
   */
  async #try(owed: OwedWork, left: ReadonlySet<string> = new Set()): Promise<boolean> {
    const { what, service, release } = owed
    try {
      await this.#do(owed, left)
      return true
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      this.#options.onNote(`${what} of ${service} of ${release} is still owed: ${messageOf(error)}`)
      return false
    }
  }

  async #do({ what, release: id, service, ids, stays }: OwedWork, left: ReadonlySet<string>): Promise<void> {
    const { roster, containers, start } = this.#options
    const release = await this.#options.release(id)
    const graceMs = release?.config.services[service]?.graceMs ?? GRACE_MS
    if (what === 'stop') {
      // With the last of them also what a killed command has started and not told of.
      const isIt = (one: Instance): boolean =>
        ids.includes(one.id) || (stays === 0 && one.release === id && one.service === service)
      const there = (await containers.observe()).filter(({ instance }) => isIt(instance))
      await containers.remove(
        there.map((one) => one.id),
        graceMs,
      )
      return roster.forget(ids)
    }
    if (release === null) return
    if (what === 'restart') {
      const there = await this.#containersOf(ids)
      await containers.restart(there, graceMs)
      // Somebody may have removed one meanwhile.
      if (there.length < ids.length) await start(release, service)
      // Told of only when they pass: a restart that came to nothing is still owed.
      return this.#admit(ids, release, service)
    }
    if (left.has(service) && isRecreated(release.config.services[service]!, release.config)) return
    const started = await start(release, service)
    await this.#admit(
      started.map((one) => one.id),
      release,
      service,
    )
    // It may have been stopped to make room for a release that did not come to stay.
    await roster.bringBack(service)
  }

  async #containersOf(ids: readonly string[]): Promise<readonly string[]> {
    const there = await this.#options.containers.observe()
    return there.filter(({ instance }) => ids.includes(instance.id)).map(({ id }) => id)
  }

  /** Those that become ready in their time go into the traffic. */
  async #admit(ids: readonly string[], release: Release, service: string): Promise<void> {
    const { roster, containers } = this.#options
    const isReady = await Promise.all(ids.map((id) => this.#becomesReady(id, release, service)))
    const ready = ids.filter((_, index) => isReady[index])
    if (ready.length === 0) return
    const now = (await containers.observe()).map(({ instance }) => instance).filter(({ id }) => ready.includes(id))
    await roster.put(now)
    await roster.admit(ready)
  }

  async #becomesReady(id: string, release: Release, service: string): Promise<boolean> {
    const { containers, probe } = this.#options
    const found = await containers.look(id)
    if (found === null) return false
    const { passes: needed, deadlineMs } = release.config.services[service]!.health
    const deadline = performance.now() + deadlineMs
    for (let passes = 0; ;) {
      const seen = await probe(found.instance, release)
      passes = seen.kind === 'pass' ? passes + 1 : 0
      if (passes >= needed) return true
      if (performance.now() > deadline) {
        const because = seen.kind === 'pass' ? 'it passed too seldom' : seen.because
        this.#options.onNote(`${id} is not ready after ${deadlineMs / 1000} s: ${because}`)
        return false
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }
}

function keyOf({ what, release, service, ids, since }: OwedWork): string {
  return [what, release, service, since, ...ids].join(' ')
}
