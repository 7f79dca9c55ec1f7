import { dirname, extname, join } from 'node:path'
import type { Fleet } from '../gateway/admin/fleet.ts'
import type { ChildState } from '../keeper/protocol.ts'
import type { Status } from './api/contract.ts'
import type { EnvironmentFile } from './environment.ts'
import type { KeeperLink } from './keeper-link.ts'

const SOCKET = 'http'
const STOP_WITHIN_MS = 35_000
const KILL_WITHIN_MS = 1_000

/** The gateway's processes: the keeper runs and restarts them; this says how many and with what. */
export class GatewayWorkers {
  readonly #keeper: KeeperLink
  readonly #folder: string
  readonly #environment: EnvironmentFile
  #port = 0

  constructor(keeper: KeeperLink, folder: string, environment: EnvironmentFile) {
    this.#keeper = keeper
    this.#folder = folder
    this.#environment = environment
  }

  /** The port that was really taken; the config may say 0. */
  get port(): number {
    return this.#port
  }

  /** Opens the listening socket and starts the workers that are missing. */
  async ensure(): Promise<void> {
    const { host, http, workers } = this.#environment
    const known = (await this.#keeper.list()).sockets.find(({ name }) => name === SOCKET)
    this.#port = (known ?? (await this.#keeper.listen(SOCKET, host, http))).port
    for (let number = 1; number <= workers; number++) {
      await this.#keeper.spawn({
        name: `gateway-${number}`,
        role: 'gateway',
        argv: [
          process.execPath,
          '--disable-warning=ExperimentalWarning',
          entry(),
          '--state',
          this.#folder,
          '--worker',
          String(number),
        ],
        cwd: this.#folder,
        env: { NODE_ENV: 'production' },
        output: join(this.#folder, 'logs', `gateway-${number}.log`),
        sockets: [SOCKET],
        respawn: { minMs: 20, maxMs: 5_000 },
      })
    }
  }

  /** The workers that must acknowledge a table: those that the keeper says are running. */
  async expected(): Promise<readonly { worker: number; pid: number; startedAt: number }[]> {
    const { children } = await this.#keeper.list()
    return children.filter(isRunningWorker).map(({ name, identity, startedAt }) => ({
      worker: workerNumber(name),
      pid: identity!.pid,
      startedAt,
    }))
  }

  /** Ends a worker that does not keep up and waits until it is gone; the keeper starts its successor with the saved table. */
  async kill(pid: number): Promise<void> {
    const { children } = await this.#keeper.list()
    const child = children.find((one) => isRunningWorker(one) && one.identity!.pid === pid)
    if (!child) return
    await this.#keeper.signal(child.name, 'SIGKILL')
    const until = Date.now() + KILL_WITHIN_MS
    while (Date.now() < until && (await this.expected()).some((worker) => worker.pid === pid)) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  /** SIGTERM: they stop accepting, answer what is in flight and end. */
  async stop(): Promise<void> {
    const workers = (await this.#keeper.list()).children.filter(isRunningWorker)
    await Promise.all(workers.map(({ name }) => this.#keeper.signal(name, 'SIGTERM', { final: true })))
    const until = Date.now() + STOP_WITHIN_MS
    while (Date.now() < until) {
      if (!(await this.#keeper.list()).children.some(isRunningWorker)) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async status(fleet: Fleet): Promise<Status['gateway']> {
    const { children } = await this.#keeper.list()
    const connected = fleet.workers()
    return children
      .filter(({ role }) => role === 'gateway')
      .map(({ name, identity, state, restarts }) => ({
        worker: workerNumber(name),
        pid: state === 'running' ? (identity?.pid ?? null) : null,
        version: connected.find(({ worker }) => worker === workerNumber(name))?.version ?? null,
        restarts,
      }))
  }
}

function isRunningWorker({ role, state, identity }: ChildState): boolean {
  return role === 'gateway' && state === 'running' && identity !== null
}

function workerNumber(name: string): number {
  return Number(name.replace('gateway-', ''))
}

/** The entry file beside our own, in the same form: `.ts` from the sources, `.js` from the package. */
function entry(): string {
  return join(dirname(import.meta.filename), '..', 'gateway', `worker${extname(import.meta.filename)}`)
}
