import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/core/atomic-file.ts'
import { pickPort } from '../../src/control/ports.ts'
import type { Instance, Release } from '../../src/deploy/release.ts'
import { isGone } from './processes.ts'
import { until } from './project.ts'

const HOST = '127.0.0.1'
const KILL_WITHIN_MS = 10_000

/** What the engine knows of a child: all of it, as an engine of containers knows its labels. */
interface Child {
  readonly instance: Instance
  readonly pid: number
}

/**
 * Keeps instances as an engine of containers does: outside of control, found by their labels by whoever comes next. They
 * are `node` children here, and what it knows is in files, so that it outlives the command that asked.
 */
export class NodeEngine {
  readonly images: string
  readonly #children: string
  readonly #logs: string

  constructor(folder: string) {
    this.images = join(folder, 'images')
    this.#children = join(folder, 'children')
    this.#logs = join(folder, 'logs')
    for (const each of [this.images, this.#children, this.#logs]) mkdirSync(each, { recursive: true })
  }

  /** Those that run and those that have ended. */
  list(): readonly Instance[] {
    return this.#all().map(({ instance, pid }) =>
      isGone(pid)
        ? { ...instance, state: 'stopped', pid: null, lastExit: 'ended, status unknown' }
        : { ...instance, pid },
    )
  }

  /** Starts one, or starts it again where it is known. */
  async run(id: string, release: Release, service: string): Promise<void> {
    const { run, env } = release.config.services[service]!
    if (run.kind !== 'program') throw new Error(`${service} is no program`)
    const before = this.#all().find(({ instance }) => instance.id === id)
    if (before !== undefined) await this.#kill(before.pid, 0)
    const taken = new Set(this.#all().map(({ instance }) => instance.port ?? 0))
    const port = await pickPort(HOST, taken)
    const log = openSync(join(this.#logs, id), 'a')
    const child = spawn(process.execPath, run.argv.slice(1), {
      cwd: join(this.images, release.artifacts[service]!),
      env: { PATH: process.env['PATH']!, ...env, HOST, PORT: String(port), RELEASE: release.id, INSTANCE: id },
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    child.unref()
    const instance: Instance = {
      id,
      service,
      release: release.id,
      host: HOST,
      port,
      state: 'running',
      pid: child.pid!,
      startedAt: Date.now(),
      restarts: before === undefined ? 0 : before.instance.restarts + 1,
      lastExit: null,
    }
    writeFileAtomic(join(this.#children, id), JSON.stringify({ instance, pid: child.pid! }))
  }

  /** SIGTERM, grace, SIGKILL; then it is forgotten. What is gone already is no failure. */
  async remove(ids: readonly string[], graceMs: number): Promise<void> {
    for (const { instance, pid } of this.#all().filter((one) => ids.includes(one.instance.id))) {
      await this.#kill(pid, graceMs)
      rmSync(join(this.#children, instance.id), { force: true })
    }
  }

  lastLines(id: string): readonly string[] {
    const file = join(this.#logs, id)
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').slice(-30) : []
  }

  async #kill(pid: number, graceMs: number): Promise<void> {
    if (isGone(pid)) return
    if (graceMs > 0) {
      signal(pid, 'SIGTERM')
      await until(() => isGone(pid), `${pid} to end`, graceMs).catch(() => {})
    }
    signal(pid, 'SIGKILL')
    await until(() => isGone(pid), `${pid} to be gone`, KILL_WITHIN_MS)
  }

  #all(): readonly Child[] {
    return readdirSync(this.#children)
      .filter((name) => !name.startsWith('.') && !name.endsWith('.tmp'))
      .map((name) => JSON.parse(readFileSync(join(this.#children, name), 'utf8')) as Child)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // Gone meanwhile.
  }
}
