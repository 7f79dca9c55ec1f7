import { createConnection } from 'node:net'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Instance, Release } from '../deploy/release.ts'
import type { Fleet, Silent } from '../gateway/admin/fleet.ts'
import { readSavedTable, saveTable } from '../gateway/table-store.ts'
import type { RoutingTable } from '../gateway/table.ts'
import type { Gateways } from './gateways.ts'
import type { Instances } from './instances.ts'
import { pauseFor } from './pause-record.ts'
import { readPause } from './read-pause.ts'
import type { State } from './state.ts'
import { makeTable } from './table.ts'
import type { TableInput } from './table.ts'
import { workerCountOf } from './worker-count.ts'

export interface TrafficOptions {
  readonly folder: string
  readonly state: State
  readonly fleet: Pick<Fleet, 'apply'>
  readonly instances: Pick<Instances, 'instances'>
  readonly clock: Clock
  /** @default what the config asks for */
  readonly workers?: Pick<Gateways, 'workersFor'>
  /** What the table of a release says of TLS. @default nothing */
  readonly tlsOf?: (release: Release) => TableInput['tls']
}

export interface Acknowledged {
  readonly firstAckNs: number
  readonly lastAckNs: number
  readonly workers: number
  /** Names of gateways elsewhere that did not. */
  readonly silent: readonly string[]
}

/** Where requests go: makes routing tables, saves them, and sees them acknowledged by every worker. */
export class Traffic {
  readonly #options: TrafficOptions
  /** One table after the other: each is made when the one before has been acknowledged. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: TrafficOptions) {
    this.#options = options
  }

  /**
   * Sends all traffic to a release. Resolves when every living worker has acknowledged.
   * @param silent what becomes of gateways elsewhere that do not; they are left out unless they must
   * @throws Problem `gateway.table-refused`; `gateway.not-acknowledged`: traffic is where it was
   */
  switchTo(release: Release, token: number, silent: Silent = { leftOut: true }): Promise<Acknowledged> {
    const next = this.#last.then(() => this.#switchTo(release, token, silent))
    this.#last = next.catch(() => {})
    return next
  }

  /**
   * Makes the table in force anew: a trial, a pause or the number of instances has changed. Which release it is about is asked
   * at its turn, and of the table: a switch may be under way, and state knows of it only when it is done.
   */
  refresh(token: number): Promise<Acknowledged | null> {
    const next = this.#last.then(() => {
      const { folder, state } = this.#options
      const saved = readSavedTable(folder)
      const inForce = saved?.release ?? state.get('live')
      const release = inForce === null ? null : state.release(inForce)
      return release === null ? null : this.#switchTo(release, Math.max(token, saved?.token ?? 0))
    })
    this.#last = next.catch(() => {})
    return next
  }

  /**
   * Compares the table in force with what it should be and mends it: the last word, should anything have gone another way
   * than it was meant to. Only while nobody is at work. Says what it mended.
   */
  async reconcile(): Promise<string | null> {
    const { folder, state } = this.#options
    const live = state.get('live')
    const release = live === null ? null : state.release(live)
    const saved = readSavedTable(folder)
    if (release === null || saved === null) return null
    const wanted = this.#makeTable(release, saved.version, saved.token)
    if (isSame(wanted, saved)) return null
    await this.switchTo(release, Math.max(saved.token, state.get('token')))
    return `the routing table (${saved.release ?? 'no release'}) was not what ${release.id} needs`
  }

  /** Upstream ids of a release, as the gateway has or had them. */
  upstreamsOf(release: string, service?: string): readonly string[] {
    return this.#instancesOf(release, service).map(({ id }) => id)
  }

  /**
   * Waits until the instances of a service accept connections: all of them, or at least one.
   * @throws Problem `service.not-ready`
   */
  async untilAccepting(
    release: Release,
    service: string,
    options: { readonly atLeast: 'one' | 'all'; readonly withinMs?: number },
  ): Promise<void> {
    const { clock } = this.#options
    const deadlineMs = options.withinMs ?? release.config.services[service]!.health.deadlineMs
    const until = clock.now() + deadlineMs
    for (;;) {
      const instances = this.#instancesOf(release.id, service)
      const accepting = await Promise.all(instances.map(async ({ host, port }) => port === null || accepts(host, port)))
      if (options.atLeast === 'all' ? accepting.every(Boolean) : accepting.some(Boolean)) return
      if (clock.now() > until) {
        const seconds = deadlineMs / 1000
        throw new Problem('service.not-ready', `${service} of ${release.id} accepts no connection after ${seconds} s`, {
          hint: `See \`seaworthy logs --service ${service}\`.`,
        })
      }
      await clock.sleep(50)
    }
  }

  async #switchTo(release: Release, token: number, silent: Silent = { leftOut: true }): Promise<Acknowledged> {
    const { folder, state, clock } = this.#options
    const before = readSavedTable(folder)
    const table = this.#makeTable(release, this.#nextVersion(), token)
    const acknowledged = await this.#apply(table, silent).catch(async (error: unknown) => {
      if (error instanceof Problem && error.code === 'gateway.not-acknowledged') {
        const nothing = { release: null, services: {}, routes: [], canary: null }
        await this.#apply({ ...table, ...(before ?? nothing), version: this.#nextVersion(), token }, { leftOut: true })
      }
      throw error
    })
    state.markLive(release.id, clock.now())
    if (release.id !== state.get('live')) state.set('heldServices', [])
    return acknowledged
  }

  #nextVersion(): number {
    const { state } = this.#options
    const version = state.get('tableVersion') + 1
    state.set('tableVersion', version)
    return version
  }

  async #apply(table: RoutingTable, silent: Silent): Promise<Acknowledged> {
    const { folder, state, fleet, clock } = this.#options
    // Saved first: a worker that starts from here on begins with this table, so only those running now must acknowledge.
    saveTable(folder, table)
    const acknowledged = await fleet.apply(table, silent)
    const left = acknowledged.silent.join(', ')
    if (left !== '')
      state.late.do(() => state.addEvent(clock.now(), 'gateway-silent', `${left}: left out of table ${table.version}`))
    return acknowledged
  }

  #makeTable(release: Release, version: number, token: number): RoutingTable {
    const { folder, state, instances } = this.#options
    const held = release.id === state.get('live') ? state.get('heldServices') : []
    const trial = state.get('canary')
    const onTrial = trial === null || trial.release === release.id ? null : state.release(trial.release)
    return makeTable({
      release,
      instances: instances.instances(),
      stoppedServices: [...state.get('stoppedServices'), ...held],
      releasesFolder: join(folder, 'releases'),
      secretsFolder: join(folder, 'secrets'),
      version,
      token,
      workers: this.#workersFor(release),
      canary: onTrial && { release: onTrial, share: trial!.share },
      pause: this.#pauseFor(release),
      tls: this.#options.tlsOf?.(release) ?? { tls: null, acme: [] },
    })
  }

  #workersFor(release: Release): number {
    return this.#options.workers?.workersFor(release) ?? workerCountOf(release)!
  }

  #pauseFor(release: Release): RoutingTable['pause'] {
    const record = readPause(this.#options.state)
    return record && pauseFor(record, release.config.gateway, this.#workersFor(release))
  }

  #instancesOf(release: string, service?: string): readonly Instance[] {
    return this.#options.instances
      .instances()
      .filter((instance) => instance.release === release && (service === undefined || instance.service === service))
  }
}

/** Whatever the order in which instances and keys were written. */
function isSame(one: RoutingTable, other: RoutingTable): boolean {
  return summaryOf(one) === summaryOf(other)
}

function summaryOf({ release, services, canary, pause, watched }: RoutingTable): string {
  return [
    release ?? '',
    ...summaryOfBackends(services),
    canary === null ? '' : `${canary.release} ${canary.share}`,
    ...summaryOfBackends(canary?.services ?? {}),
    JSON.stringify(pause),
    JSON.stringify(watched ?? []),
  ].join('\n')
}

function summaryOfBackends(services: RoutingTable['services']): readonly string[] {
  const backends = Object.entries(services).map(([name, backend]) =>
    backend.kind === 'upstreams'
      ? `${name}: ${backend.upstreams
          .map(({ id, host, port }) => `${id} ${host}:${port}`)
          .toSorted()
          .join(' ')}`
      : `${name}: ${backend.kind}`,
  )
  return backends.toSorted()
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ host, port })
    socket.setTimeout(1_000, () => socket.destroy(new Error('timeout')))
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
