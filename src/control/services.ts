import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { isRecreated } from '../deploy/plan.ts'
import type { Instance, Release } from '../deploy/release.ts'
import { hasInstances } from '../deploy/wanted.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import type { Instances } from './instances.ts'
import { makeInstances } from './launch.ts'
import type { Roster } from './roster.ts'
import type { SecretFiles, Secrets } from './secrets.ts'
import type { State } from './state.ts'
import type { Supervisor } from './supervisor.ts'
import type { Traffic } from './traffic.ts'

/** How long going back waits for an old instance to accept connections. */
const REVIVE_MS = 15_000

export interface ServicesOptions {
  readonly folder: string
  /** Under which instances' programs are looked up. */
  readonly path: string
  readonly state: State
  readonly clock: Clock
  readonly instances: Instances
  /** Where `instances` acts, it is this; elsewhere the roster. */
  readonly supervisor: Pick<Supervisor, 'start' | 'untilStopped' | 'wake'>
  readonly roster: Pick<Roster, 'expect' | 'expectNothing'>
  readonly traffic: Traffic
  readonly fleet: Fleet
  readonly secrets: SecretFiles
}

/** Starts and stops the instances of a release's services, with the gateway knowing of it. */
export class Services {
  readonly #options: ServicesOptions

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  /** Begins the instances that are not there yet, or owes that. `values`: of its secrets; empty: those kept from before. */
  async start(release: Release, service: string, values: Secrets): Promise<readonly Instance[]> {
    const { instances, secrets, state } = this.#options
    if (instances.acts && Object.keys(values).length > 0) secrets.save(release.id, service, values)
    // It stays stopped with the next release; what is kept is for when somebody starts it again.
    const staysStopped = state.get('stoppedServices').includes(service) && release.id !== state.get('live')
    return instances.acts && staysStopped ? [] : this.#begin(release, service)
  }

  async #begin(release: Release, service: string): Promise<readonly Instance[]> {
    const { clock, folder, instances, path, roster, state, supervisor } = this.#options
    if (!instances.acts) return roster.expect(release, service, 'its instances are not there')
    const artifactFolder = join(folder, 'releases', release.artifacts[service]!)
    const launch = { release, service, artifactFolder, path }
    await supervisor.untilStopped(release.id, service)
    supervisor.wake(release.id, service)
    for (const row of await makeInstances(launch, folder, state, clock.now())) await supervisor.start(row)
    return instances.instances().filter((instance) => instance.release === release.id && instance.service === service)
  }

  /** Never what takes traffic, unless the service is recreated and so cannot run beside its next release. */
  async stop(release: string, service: string | null): Promise<readonly string[]> {
    this.#mustNotBeLive(release, service)
    return this.stopAll(release, service)
  }

  /**
   * Takes a release's instances out of the traffic for somebody else to end: out of the routing table, then drained.
   * @throws Problem `instance.live`
   */
  async leave(release: string, service: string | null, token: number): Promise<readonly string[]> {
    const { fleet, state, traffic } = this.#options
    this.#mustNotBeLive(release, service)
    const ids = await this.stopAll(release, service)
    if (state.get('canary')?.release === release) await traffic.refresh(token)
    await fleet.drain(ids, state.release(release)?.config.drainMs ?? 0)
    return ids
  }

  #mustNotBeLive(release: string, service: string | null): void {
    const { state } = this.#options
    const config = state.release(release)?.config
    const recreated = service !== null && config?.services[service] && isRecreated(config.services[service], config)
    if (release !== state.get('live') || recreated) return
    throw new Problem('instance.live', `${release} takes the traffic: its instances are not stopped`, {
      hint: 'Deploy or roll back first; `seaworthy stop --service SERVICE` stops a service on purpose.',
    })
  }

  /**
   * `held`: only until the next switch. Otherwise it is stopped on purpose, and runs in no release: not in one on trial, and not
   * in the one kept warm, whose workers would go on taking work.
   * @throws Problem `lease.lost` when it was brought back while it was drained, or another command has taken over
   */
  async takeOut(service: string, held: boolean): Promise<void> {
    const { clock, fleet, roster, state, traffic } = this.#options
    const live = this.#live(service)
    const releases = held ? [live.id] : this.#releasesWith(service)
    // A start that a killed command has left would bring it back.
    for (const id of releases) roster.expectNothing(id, service)
    const list = held ? 'heldServices' : 'stoppedServices'
    state.set(list, [...new Set([...state.get(list), service])])
    const token = state.get('token')
    const upstreams = releases.flatMap((id) => traffic.upstreamsOf(id, service))
    // Not to the release of above: what control does by itself may switch in between, and would be undone.
    await traffic.refresh(token)
    await fleet.drain(upstreams, live.config.drainMs)
    if (state.get('token') !== token || !state.get(list).includes(service)) throw takenOver(service)
    await Promise.all(releases.map((id) => this.stopAll(id, service)))
    const why = held ? 'for the next release, which cannot run beside it' : 'on purpose'
    state.addEvent(clock.now(), 'service-stopped', `${service} was stopped ${why}`)
  }

  /** @throws Problem `service.moved` when another release went live meanwhile: the service stays as it was */
  async bringBack(service: string): Promise<void> {
    const { clock, state, traffic } = this.#options
    const live = this.#live(service)
    const routed = [live, ...this.#onTrialWith(service)]
    for (const release of routed) {
      if ((await this.#begin(release, service)).length === 0) throw owedStart(release, service)
    }
    const isOut = [...state.get('stoppedServices'), ...state.get('heldServices')].includes(service)
    // More of what takes traffic anyway: each comes in when it has passed its check.
    if (!this.#options.instances.acts && !isOut) return
    for (const release of routed) await traffic.untilAccepting(release, service, { atLeast: 'all' })
    // What accepts is an instance of a release that is not live any more; that the one which is has any, nobody has seen.
    if (state.get('live') !== live.id) throw moved(service, live, state.get('live'))
    for (const list of ['stoppedServices', 'heldServices'] as const) {
      state.set(
        list,
        state.get(list).filter((name) => name !== service),
      )
    }
    await traffic.refresh(state.get('token'))
    state.addEvent(clock.now(), 'service-started', `${service} was started again`)
  }

  /** Of what is live, on trial or warm, each that runs it or may be about to. */
  #releasesWith(service: string): readonly string[] {
    const { instances, state } = this.#options
    const running = instances.instances().filter((instance) => instance.service === service)
    const routed = [state.get('live'), state.get('canary')?.release ?? null].filter((id) => id !== null)
    return [...new Set([...routed, ...running.map(({ release }) => release)])]
  }

  /** The release on trial, when it has the service. */
  #onTrialWith(service: string): readonly Release[] {
    const { state } = this.#options
    const trial = state.get('canary')
    const release = trial === null ? null : state.release(trial.release)
    const config = release?.config.services[service]
    return release && config && hasInstances(config, release.config) ? [release] : []
  }

  #live(service: string): Release {
    const { state } = this.#options
    const id = state.get('live')
    const release = id === null ? null : state.release(id)
    const config = release?.config.services[service]
    if (release && config && hasInstances(config, release.config)) return release
    const known = Object.keys(release?.config.services ?? {}).join(', ')
    throw new Problem('service.unknown', `${service} is no running service of ${id ?? 'a live release'}`, {
      hint: known === '' ? 'Nothing is live yet.' : `Services: ${known}.`,
    })
  }

  /** Without asking whether it takes traffic. */
  async stopAll(release: string, service: string | null): Promise<readonly string[]> {
    const { instances } = this.#options
    const ids = instances
      .instances()
      .filter((instance) => instance.release === release && (service === null || instance.service === service))
      .map(({ id }) => id)
    await Promise.all(ids.map((id) => instances.stop(id)))
    return ids
  }

  /**
   * Why going back to a release would be to nobody: its instances cannot be started from in here, and lack or accept no
   * connection; those are owed a restart then. Null: it serves, or will.
   */
  async outOfReach(release: Release): Promise<string | null> {
    const { instances, traffic } = this.#options
    if (instances.acts) return null
    if (this.lacking(release) !== null) return `${release.id} has made room`
    const reasons = await Promise.all(
      this.#wanted(release).map(async (name) => {
        try {
          await traffic.untilAccepting(release, name, { atLeast: 'one', withinMs: REVIVE_MS })
          return null
        } catch (error) {
          for (const id of traffic.upstreamsOf(release.id, name)) await instances.restartWedged(id, messageOf(error))
          return messageOf(error)
        }
      }),
    )
    return reasons.find((reason) => reason !== null) ?? null
  }

  /** Services of a release that have instances and were not stopped on purpose. */
  #wanted({ config }: Release): readonly string[] {
    const stopped = this.#options.state.get('stoppedServices')
    const names = Object.entries(config.services).filter(([, service]) => hasInstances(service, config))
    return names.map(([name]) => name).filter((name) => !stopped.includes(name))
  }

  /** A service of a release that has no instance, and was not stopped on purpose; null: each has one. */
  lacking(release: Release): string | null {
    const all = this.#options.instances.instances()
    const there = all.filter((one) => one.release === release.id && one.state !== 'stopping')
    return this.#wanted(release).find((name) => !there.some((one) => one.service === name)) ?? null
  }

  /** Brings back a release's instances where they were stopped for the new ones, and waits until what it can start accepts. */
  async revive(release: Release, insteadOf: Release): Promise<void> {
    const { clock, instances, state, traffic } = this.#options
    for (const name of this.#wanted(release)) {
      if (isRecreated(release.config.services[name]!, release.config)) await this.stopAll(insteadOf.id, name)
      const there = await this.start(release, name, {})
      if (there.length === 0) {
        state.addEvent(clock.now(), 'revive-incomplete', owedStart(release, name).message)
        continue
      }
      // What is kept elsewhere was asked before: see `outOfReach`.
      if (!instances.acts) continue
      // Traffic is failing now: one instance that accepts is enough, and after a while going back is better than waiting.
      await traffic.untilAccepting(release, name, { atLeast: 'one', withinMs: REVIVE_MS }).catch((error: unknown) => {
        state.addEvent(clock.now(), 'revive-incomplete', messageOf(error))
      })
    }
  }
}

function takenOver(service: string): Problem {
  return new Problem('lease.lost', `${service} is another command's by now: its instances are not stopped`, {
    hint: 'See `seaworthy status`, then start again.',
  })
}

function moved(service: string, { id }: Release, live: string | null): Problem {
  const text = `${live ?? 'nothing'} went live while ${service} of ${id} was started: it stays as it was`
  return new Problem('service.moved', text, { hint: 'Run the command again: it starts what belongs to that release.' })
}

function owedStart({ id }: Release, service: string): Problem {
  return new Problem('instance.owed', `${service} of ${id} has no instance, and none can be started from in here`, {
    hint: 'Run `seaworthy deploy`: it has the tools, and does what is owed first.',
  })
}
