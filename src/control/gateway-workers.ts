import { dirname, extname, join } from 'node:path'
import { messageOf, Problem } from '../core/problem.ts'
import type { Release } from '../deploy/release.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import { WORKER_FLAGS } from '../gateway/worker-flags.ts'
import type { ChildState } from '../keeper/protocol.ts'
import type { Status } from './api/contract.ts'
import type { Upgrade } from './api/pause-methods.ts'
import type { EnvironmentFile } from './environment.ts'
import { nameOf, planWorkers, workerIdOf } from './gateway-generations.ts'
import type { GatewayRecord, WorkerId } from './gateway-generations.ts'
import { HTTPS_SOCKET, HttpsSocket, portOf, withHttps } from './https-socket.ts'
import type { Gateways } from './gateways.ts'
import type { KeeperLink } from './keeper-link.ts'
import { lastLines } from './last-lines.ts'
import type { State } from './state.ts'
import { compileCacheIn } from './compile-cache.ts'
import { workerCountOf } from './worker-count.ts'

const SOCKET = 'http'
/** A worker that was told to go is gone by then: RETIRE_MS of its own and a margin. */
const STOP_WITHIN_MS = 35_000
const KILL_WITHIN_MS = 1_000
const RESPAWN = { minMs: 20, maxMs: 5_000 } as const
/** New workers that do not serve by then are given up. */
export const READY_WITHIN_MS = 20_000
/** A new worker that has ended so often before it served will not serve. */
const ENDS_MAX = 2
const LINES_SHOWN = 10
const LOOK_MS = 25
/** A socket for HTTPS that could not be opened, or workers that did not take it, are tried again after this long. */
const HTTPS_AGAIN_MS = 30_000

export interface GatewayWorkersOptions {
  readonly keeper: KeeperLink
  readonly folder: string
  readonly environment: EnvironmentFile
  readonly state: Pick<State, 'get' | 'set' | 'release' | 'late' | 'addEvent'>
}

/** The gateway's processes: the keeper runs and restarts them; this says how many, with what, and which of them serve. */
export class GatewayWorkers implements Gateways {
  readonly elsewhere = null
  readonly #options: GatewayWorkersOptions
  readonly #keeper: KeeperLink
  readonly #https: HttpsSocket
  readonly #told = new Map<string, number>()
  #port = 0
  #stopping = false
  /** One change after the other. */
  #last: Promise<unknown> = Promise.resolve()
  #upgrading: Promise<Upgrade> | null = null
  #httpsAgainAt = 0

  constructor(options: GatewayWorkersOptions) {
    this.#options = options
    this.#keeper = options.keeper
    this.#https = new HttpsSocket(options)
  }

  /** With the port that was really taken; the config may say 0. */
  get entrance(): Gateways['entrance'] {
    return { host: '127.0.0.1', port: this.#port }
  }

  workersFor(release: Release): number {
    return workerCountOf(release)!
  }

  /** The port HTTPS is served on; null: on none. */
  get httpsPort(): number | null {
    return this.#https.port
  }

  /** Opens the listening sockets and starts the workers that are missing. An upgrade that died with control is given up. */
  async ensure(): Promise<void> {
    const { environment, state } = this.#options
    const { host, http } = environment
    const known = (await this.#keeper.list()).sockets.find(({ name }) => name === SOCKET)
    this.#port = (known ?? (await this.#keeper.listen(SOCKET, host, http))).port
    const https = await this.#openHttps()
    const record = state.get('gateway')
    if ((await this.#children()).length === 0) this.#record(withHttps(record, record.serving, https))
    // While the disk is full both generations serve: that loses nobody.
    if (state.get('gateway').starting !== null)
      state.late.do(() => void (this.#upgrading ?? this.#record({ starting: null })))
    await this.keep()
  }

  /** Starts what is missing, lets go what is too much. For every now and then: a release may ask for another number. */
  keep(): Promise<void> {
    const next = this.#last.then(() => (this.#stopping ? undefined : this.#keep()))
    this.#last = next.catch(() => {})
    return next
  }

  /**
   * Starts as many new workers, from the code now on disk, on the same socket; when all of them serve, the old ones accept
   * nothing more, finish what they have and go. Dying anywhere in between leaves one generation that accepts. Two at once are one.
   * @throws Problem `gateway.not-upgraded`; the old ones serve on.
   */
  upgrade(fleet: Pick<Fleet, 'workers' | 'current'>): Promise<Upgrade> {
    this.#upgrading ??= this.#upgrade(fleet).finally(() => (this.#upgrading = null))
    return this.#upgrading
  }

  /** Lets another generation take over where the live release wants HTTPS and the workers have no socket for it, or the other way round. */
  async matchHttps(fleet: Pick<Fleet, 'workers' | 'current'>): Promise<void> {
    if (this.#stopping || this.#upgrading !== null) return
    if (this.#https.isRight) return this.#https.closeUnused()
    if (performance.now() < this.#httpsAgainAt) return
    this.#httpsAgainAt = performance.now() + HTTPS_AGAIN_MS
    if ((await this.#openHttps()) === null && this.#https.isWanted) return
    await this.upgrade(fleet)
    if (this.#https.isRight) this.#httpsAgainAt = 0
  }

  /** The workers that must acknowledge a table: all that run, since a retiring one still answers on its connections. */
  async expected(): Promise<readonly { worker: number; pid: number; startedAt: number }[]> {
    return (await this.#children()).filter(isRunning).map(({ name, identity, startedAt }) => ({
      worker: workerIdOf(name).worker,
      pid: identity!.pid,
      startedAt,
    }))
  }

  /** Ends a worker that does not keep up and waits until it is gone; the keeper starts its successor with the saved table. */
  async kill(pid: number): Promise<void> {
    const child = (await this.#children()).find((one) => isRunning(one) && one.identity!.pid === pid)
    if (!child) return
    await this.#keeper.signal(child.name, 'SIGKILL')
    const until = performance.now() + KILL_WITHIN_MS
    while (performance.now() < until && (await this.expected()).some((worker) => worker.pid === pid)) await pause(10)
  }

  /** SIGTERM: they stop accepting, answer what is in flight and end. */
  async stop(): Promise<void> {
    this.#stopping = true
    await this.#last
    const workers = (await this.#children()).filter(isRunning)
    await Promise.all(workers.map(({ name }) => this.#keeper.signal(name, 'SIGTERM', { final: true })))
    const until = performance.now() + STOP_WITHIN_MS
    while (performance.now() < until) {
      if (!(await this.#children()).some(isRunning)) return
      await pause(50)
    }
  }

  async status(fleet: Fleet): Promise<Status['gateway']> {
    const connected = new Map(fleet.workers().map(({ pid, version }) => [pid, version]))
    const { serving } = this.#options.state.get('gateway')
    return (await this.#children())
      .filter((child) => isRunning(child) || workerIdOf(child.name).generation === serving)
      .map((child) => {
        const pid = isRunning(child) ? child.identity!.pid : null
        return {
          gateway: '',
          worker: workerIdOf(child.name).worker,
          pid,
          version: pid === null ? null : (connected.get(pid) ?? null),
          restarts: child.restarts,
          retiring: this.#told.has(child.name),
        }
      })
  }

  /** All of them are its own. */
  known(): readonly [] {
    return []
  }

  seen(): readonly [] {
    return []
  }

  async #upgrade(fleet: Pick<Fleet, 'workers' | 'current'>): Promise<Upgrade> {
    const startedAt = performance.now()
    const { serving, last } = this.#options.state.get('gateway')
    const next = last + 1
    const https = await this.#openHttps()
    // Written before anything is started: whoever finds it after our death ends what was begun.
    this.#record({ ...withHttps(this.#options.state.get('gateway'), next, https), starting: next, last: next })
    try {
      await this.keep()
      await this.#untilServing(next, fleet)
    } catch (error) {
      this.#record({ starting: null })
      await this.keep()
      throw error
    }
    // And before the old ones are told: from here on the new ones are those that stay.
    this.#record({ serving: next, starting: null })
    await this.keep()
    const children = (await this.#children()).filter(isRunning)
    const of = (generation: number) => children.filter(({ name }) => workerIdOf(name).generation === generation)
    return {
      workers: of(next).map(({ name, identity }) => ({ worker: workerIdOf(name).worker, pid: identity!.pid })),
      retiring: of(serving).length,
      tookMs: Math.round(performance.now() - startedAt),
    }
  }

  /** Connected means that it listens; it also has to have the newest table. */
  async #untilServing(generation: number, fleet: Pick<Fleet, 'workers' | 'current'>): Promise<void> {
    const until = performance.now() + READY_WITHIN_MS
    for (;;) {
      const version = fleet.current?.version ?? 0
      const ready = new Set(fleet.workers().flatMap((one) => (one.version >= version ? [one.pid] : [])))
      const children = (await this.#children()).filter(({ name }) => workerIdOf(name).generation === generation)
      if (children.length > 0 && children.every((one) => isRunning(one) && ready.has(one.identity!.pid))) return
      const failing = children.find(({ restarts }) => restarts >= ENDS_MAX)
      if (failing !== undefined || performance.now() > until) throw notUpgraded(failing ?? children[0], this.#stopping)
      if (this.#stopping) throw notUpgraded(undefined, true)
      await pause(LOOK_MS)
    }
  }

  async #keep(): Promise<void> {
    const children = await this.#children()
    const names = new Set(children.map(({ name }) => name))
    for (const name of this.#told.keys()) if (!names.has(name)) this.#told.delete(name)
    const { state } = this.#options
    const live = state.get('live')
    const plan = planWorkers({
      record: state.get('gateway'),
      count: workerCountOf(live === null ? null : state.release(live)) ?? this.#options.environment.workers,
      children,
      told: this.#told,
      now: Date.now(),
      goneWithinMs: STOP_WITHIN_MS,
      respawnWithinMs: 2 * RESPAWN.maxMs,
    })
    // First those that come, so that there is never nobody.
    for (const id of plan.start) await this.#start(id)
    for (const name of plan.retire) {
      this.#told.set(name, Date.now())
      await this.#keeper.signal(name, 'SIGTERM', { final: true })
    }
    for (const name of plan.kill) await this.#keeper.signal(name, 'SIGKILL', { final: true })
    for (const name of plan.forget) await this.#keeper.forget(name)
  }

  async #start(id: WorkerId): Promise<void> {
    const { folder } = this.#options
    const worker = String(id.worker)
    const https = portOf(this.#options.state.get('gateway'), id.generation) === null ? [] : [HTTPS_SOCKET]
    await this.#keeper.spawn({
      name: nameOf(id),
      role: 'gateway',
      argv: [
        process.execPath,
        ...WORKER_FLAGS,
        entry(),
        '--state',
        folder,
        '--worker',
        worker,
        ...https.flatMap((name) => ['--tls-socket', name]),
      ],
      cwd: folder,
      env: { NODE_ENV: 'production', ...compileCacheIn(folder) },
      // The same file for all generations: who reads it looks for the worker, not for a process.
      output: join(folder, 'logs', `gateway-${worker}.log`),
      sockets: [SOCKET, ...https],
      respawn: RESPAWN,
    })
  }

  /** HTTP is served all the same. */
  async #openHttps(): Promise<number | null> {
    try {
      return await this.#https.open()
    } catch (error) {
      this.#options.state.addEvent(Date.now(), 'https-not-open', messageOf(error))
      return null
    }
  }

  #record(change: Partial<GatewayRecord>): void {
    const { state } = this.#options
    state.set('gateway', { ...state.get('gateway'), ...change })
  }

  async #children(): Promise<readonly ChildState[]> {
    return (await this.#keeper.list()).children.filter(({ role }) => role === 'gateway')
  }
}

function isRunning({ state, identity }: ChildState): boolean {
  return state === 'running' && identity !== null
}

function notUpgraded(child: ChildState | undefined, isStopping: boolean): Problem {
  const why = isStopping ? 'the environment is being stopped' : 'the new workers do not come to serve'
  return new Problem('gateway.not-upgraded', `${why}: the old ones serve on`, {
    hint: child === undefined ? 'Nothing was changed.' : `Mend what its last lines say: ${child.output}`,
    details: child === undefined ? [] : lastLines(child.output, LINES_SHOWN).map((line) => `| ${line}`),
  })
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** The entry file beside our own, in the same form: `.ts` from the sources, `.js` from the package. */
function entry(): string {
  return join(dirname(import.meta.filename), '..', 'gateway', `worker${extname(import.meta.filename)}`)
}
