import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { Problem } from '../core/problem.ts'
import type { Elsewhere, ExpectedWorker } from '../gateway/admin/connection.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import { sealedDoor } from '../gateway/remote/door.ts'
import { readKey } from '../gateway/remote/sealed.ts'
import { readSavedTable } from '../gateway/table-store.ts'
import type { Status } from './api/contract.ts'
import type { KnownGateway } from './api/gateways-methods.ts'
import type { GatewaysElsewhere } from './environment.ts'
import { GatewayMembers } from './gateway-members.ts'
import type { Gateways } from './gateways.ts'
import type { State } from './state.ts'

/** After so long without a connection a gateway is waited for by nothing but a switch. */
const AWAY_MS = 5_000
/** How often it is said that somebody with another key was refused. */
const SAY_EVERY_MS = 60_000

export interface RemoteGatewaysOptions {
  readonly folder: string
  readonly where: GatewaysElsewhere
  readonly state: Pick<State, 'tables' | 'late' | 'addEvent'>
  readonly clock: Clock
  readonly logger: Logger
  /** Somebody is waited for no longer. */
  readonly onForgotten: () => void
}

/** Gateways on other machines, as pods of their own: who keeps them starts them; control lets them in and knows who they are. */
export class RemoteGateways implements Gateways {
  readonly elsewhere: Elsewhere & { readonly door: { readonly port: number } }
  readonly #options: RemoteGatewaysOptions
  readonly #members: GatewayMembers
  /** When a connection of their own was there last; those that are connected now are not in it. By performance.now(). */
  readonly #lostAt = new Map<string, number>()
  /** How many connections of their own each has: a new one may come before the old one has ended. */
  readonly #connected = new Map<string, number>()
  readonly #startedAt = performance.now()
  #refused = 0
  #saidAt = -Infinity

  constructor(options: RemoteGatewaysOptions) {
    const { folder, where, state, clock } = options
    this.#options = options
    this.#members = state.tables((db) => new GatewayMembers(db, state.late))
    const door = sealedDoor({
      host: '0.0.0.0',
      port: where.port,
      key: readKey(where.key),
      stateFolder: folder,
      onGateway: (name, workers) => {
        this.#members.join(name, workers, clock.now())
        this.#connected.set(name, (this.#connected.get(name) ?? 0) + 1)
        this.#lostAt.delete(name)
      },
      isEmpty: () => readSavedTable(folder) === null,
      onServes: (name) => this.#members.serves(name),
      onGone: (name) => {
        const left = (this.#connected.get(name) ?? 1) - 1
        if (left > 0) return void this.#connected.set(name, left)
        this.#connected.delete(name)
        this.#lostAt.set(name, performance.now())
      },
      onBye: (name) => this.#forget(name, `${name} said goodbye`),
      onRefused: (from, reason) => this.#onRefused(from, reason),
    })
    this.elsewhere = {
      door,
      saved: readSavedTable(folder),
      isMember: (name) => this.#members.hasServed(name),
      isAway: (name) => this.#isAway(name),
    }
  }

  get entrance(): Gateways['entrance'] {
    const { host, http } = this.#options.where
    return { host, port: http }
  }

  get httpsPort(): number | null {
    return this.#options.where.https
  }

  workersFor(): number {
    return Math.max(
      1,
      this.#members.all().reduce((sum, { workers }) => sum + workers, 0),
    )
  }

  known(fleet: Fleet): readonly KnownGateway[] {
    const workers = fleet.workers()
    return this.#members.all().map(({ name, workers: count, sinceMs, serves }) => {
      const own = workers.filter(({ gateway }) => gateway === name)
      const versions = own.map(({ version }) => version)
      const version = versions.length === 0 ? null : Math.min(...versions)
      return { name, workers: count, version, connected: this.#connected.has(name), serves, sinceMs }
    })
  }

  /** Who can see them says which there are: the others are not waited for any more. Returns their names. */
  seen(names: readonly string[]): readonly string[] {
    const gone = this.#members.all().filter(({ name }) => !names.includes(name))
    for (const { name } of gone) this.#forget(name, `${name} is not there any more`)
    return gone.map(({ name }) => name)
  }

  async ensure(): Promise<void> {}

  async keep(): Promise<void> {}

  async matchHttps(): Promise<void> {}

  async kill(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Of one that is only starting nobody can be served: its workers come with the newest table, or are given it at once. */
  async expected(): Promise<readonly ExpectedWorker[]> {
    const serving = this.#members.all().filter(({ serves }) => serves)
    return serving.flatMap(({ name, workers }) =>
      Array.from({ length: workers }, (_, index) => ({
        gateway: name,
        worker: index + 1,
        pid: 0,
        startedAt: 0,
        isAway: this.#isAway(name),
      })),
    )
  }

  upgrade(): Promise<never> {
    return Promise.reject(
      new Problem('target.not-yet', 'the gateway runs in pods of its own, which control does not replace', {
        hint: 'Run `seaworthy restart gateway`, which has the cluster replace them.',
      }),
    )
  }

  async status(fleet: Fleet): Promise<Status['gateway']> {
    const connected = fleet.workers()
    return this.#members.all().flatMap(({ name, workers }) =>
      Array.from({ length: workers }, (_, index) => {
        const one = connected.find(({ gateway, worker }) => gateway === name && worker === index + 1)
        const { pid = null, version = null } = one ?? {}
        return { gateway: name, worker: index + 1, pid, version, restarts: 0, retiring: false }
      }),
    )
  }

  /** One that never came since our start is given the same time as one that was lost then. */
  #isAway(name: string): boolean {
    if (this.#connected.has(name)) return false
    return performance.now() - (this.#lostAt.get(name) ?? this.#startedAt) > AWAY_MS
  }

  #forget(name: string, because: string): void {
    if (!this.#members.has(name)) return
    const { state, clock } = this.#options
    this.#members.forget(name)
    this.#lostAt.delete(name)
    state.late.do(() => state.addEvent(clock.now(), 'gateway-gone', because))
    this.#options.onForgotten()
  }

  #onRefused(from: string, reason: string): void {
    this.#refused += 1
    if (performance.now() - this.#saidAt < SAY_EVERY_MS) return
    this.#saidAt = performance.now()
    const fields = { from, reason, refused: this.#refused }
    this.#options.logger.warn('who came to where gateways come in does not have their key', fields)
  }
}
