import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { passwordsOf, scrubOf, type Scrub } from '../core/scrub.ts'
import type { Instance, InstanceState } from '../deploy/release.ts'
import { processesOf } from '../deploy/targets/process/listeners.ts'
import type { ChildState, Exit } from '../keeper/protocol.ts'
import { restartAfter } from './backoff.ts'
import type { Instances } from './instances.ts'
import type { KeeperLink } from './keeper-link.ts'
import { lastLines } from './last-lines.ts'
import { hasItsPort, moveFromTakenPort } from './move-port.ts'
import type { SecretFiles } from './secrets.ts'
import type { InstanceRow, State } from './state.ts'

/** Time between SIGKILL and giving up on seeing the process gone. */
const KILL_WAIT_MS = 10_000

export interface SupervisorOptions {
  readonly folder: string
  readonly keeper: KeeperLink
  readonly state: State
  readonly secrets: SecretFiles
  /** How the services of a release reach their needs, asked at every start. */
  readonly variablesOf: (release: string, service: string) => Readonly<Record<string, string>>
  readonly clock: Clock
  readonly logger: Logger
}

interface Entry {
  row: InstanceRow
  state: InstanceState
  pid: number | null
  startedAt: number
  restarts: number
  ends: number[]
  lastExit: string | null
  /** Why we have killed it, until it is gone. */
  killedFor: string | null
  retry: NodeJS.Timeout | null
  onGone: (() => void) | null
  /** A start that is under way; whoever stops it waits for it first. */
  spawning: Promise<void> | null
}

/** Keeps the instances running that should run: starts, adopts, restarts with backoff, stops with grace. */
export class Supervisor implements Instances {
  readonly acts = true
  readonly #options: SupervisorOptions
  readonly #entries = new Map<string, Entry>()

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  instances(): readonly Instance[] {
    return [...this.#entries.values()].map(({ row, state, pid, startedAt, restarts, lastExit }) => ({
      id: row.id,
      service: row.service,
      release: row.release,
      host: row.host,
      port: row.port,
      state,
      pid,
      startedAt,
      restarts,
      lastExit,
    }))
  }

  /**
   * Compares what state.db says with what the keeper has: adopts what runs, starts what is missing (after a reboot, or
   * when it ended while nobody looked). Nothing healthy is restarted.
   */
  async reconcile(): Promise<void> {
    const { state, keeper } = this.#options
    const { children } = await keeper.list()
    for (const { name, role, state: is } of children) {
      // Started for a row that was gone when the start came through: nobody would ever stop it. Jobs carry a colon.
      const isStray = role === 'instance' && is === 'running' && !name.includes(':')
      if (isStray && !state.instances().some(({ id }) => id === name))
        await keeper.signal(name, 'SIGKILL', { group: true })
    }
    for (const row of state.instances()) {
      const child = children.find(({ name }) => name === row.id)
      const entry = this.#entries.get(row.id) ?? this.#add(row)
      if (entry.state === 'stopping') {
        // It may have ended while no keeper was there to say so.
        if (child?.state !== 'running') entry.onGone?.()
        continue
      }
      if (child?.state === 'running') this.#sawRunning(entry, child)
      else if (child) this.#sawExit(entry, child.exit)
      else await this.#spawn(entry)
    }
  }

  async start(row: InstanceRow): Promise<void> {
    this.#options.state.saveInstance(row)
    await this.#spawn(this.#add(row))
  }

  /** SIGTERM to the whole group, SIGKILL after the grace. Resolves when the process is gone and forgotten. */
  async stop(id: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry) return
    if (entry.state === 'stopping') return this.#untilForgotten(id)
    await this.#end(entry)
    await this.#forget(entry)
  }

  /** Waits until the instances of a service that are being stopped are gone: they are not to be counted on any more. */
  async untilStopped(release: string, service: string): Promise<void> {
    const stopping = this.instances().filter(
      (one) => one.release === release && one.service === service && one.state === 'stopping',
    )
    await Promise.all(stopping.map(({ id }) => this.stop(id)))
  }

  /** Starts again at once what waits for its next try: somebody needs it now, and the cause may be mended. */
  wake(release: string, service: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.row.release !== release || entry.row.service !== service || entry.retry === null) continue
      clearTimeout(entry.retry)
      entry.ends = []
      this.#retry(entry)
    }
  }

  /** Stops every instance but remembers it, so that the next `up` brings it back. */
  async halt(): Promise<void> {
    await Promise.all([...this.#entries.values()].map((entry) => this.#end(entry)))
  }

  /** Ends and starts an instance that no longer answers, whatever its grace: it is wedged. */
  async restartWedged(id: string, because: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry || entry.state !== 'running') return
    this.#note('instance-wedged', `${id}: ${because}; killed to be started again`)
    await this.#options.keeper.signal(id, 'SIGKILL', { group: true })
  }

  /** Ends and starts an instance that uses more memory than it may: nothing milder would reach it in time. */
  async restartOverLimit(id: string, because: string): Promise<void> {
    const entry = this.#entries.get(id)
    if (!entry || entry.pid === null || entry.state === 'stopping') return
    entry.killedFor = because
    this.#note('instance-over-memory', `${id} ${because}; killed to be started again`)
    await this.#options.keeper.signal(id, 'SIGKILL', { group: true })
  }

  /** With which variables an instance is started, by name, and when it ended last; null for an unknown one. */
  examine(id: string): { readonly variables: readonly string[]; readonly endedAt: number | null } | null {
    const entry = this.#entries.get(id)
    if (!entry) return null
    return { variables: Object.keys(this.#environmentOf(entry.row)), endedAt: entry.ends.at(-1) ?? null }
  }

  /** Takes out of text what an instance was started with and nobody is to see: its secrets, the passwords of its needs. */
  scrubOf(id: string): Scrub {
    const entry = this.#entries.get(id)
    if (!entry) return scrubOf({})
    const { release, service } = entry.row
    const { variablesOf, secrets } = this.#options
    try {
      return scrubOf({ ...passwordsOf(variablesOf(release, service)), ...secrets.read(release, service) })
    } catch (error) {
      this.#options.logger.error('secrets cannot be read', { instance: id, error: String(error) })
      return () => '(not shown: the secrets to take out of it cannot be read)'
    }
  }

  onExited(child: ChildState): void {
    const entry = this.#entries.get(child.name)
    if (entry) this.#sawExit(entry, child.exit)
  }

  #add(row: InstanceRow): Entry {
    const entry: Entry = {
      row,
      state: 'starting',
      pid: null,
      startedAt: row.startedAt,
      restarts: 0,
      ends: [],
      lastExit: null,
      killedFor: null,
      retry: null,
      onGone: null,
      spawning: null,
    }
    this.#entries.set(row.id, entry)
    return entry
  }

  /** A start that fails counts as an end: it is tried again, ever more slowly. */
  async #spawn(entry: Entry): Promise<void> {
    const started = this.#launch(entry).catch((error: unknown) => {
      this.#options.logger.error('start failed', { instance: entry.row.id, error: String(error) })
      this.#sawExit(entry, { kind: 'not-started', error: String(error), at: this.#options.clock.now() })
    })
    entry.spawning = started
    await started
    if (entry.spawning === started) entry.spawning = null
  }

  async #launch(entry: Entry): Promise<void> {
    // What it has left behind itself is no stranger.
    if (entry.restarts > 0 || !(await hasItsPort(entry.row))) await this.#killLeftovers(entry)
    const row = await this.#withPort(entry)
    const child = await this.#options.keeper.spawn({
      name: row.id,
      role: 'instance',
      argv: row.argv,
      cwd: row.cwd,
      env: this.#environmentOf(row),
      output: this.#logOf(row.id),
    })
    if (child.state === 'running') this.#sawRunning(entry, child)
    else this.#sawExit(entry, child.exit)
  }

  #environmentOf({ release, service, env }: InstanceRow): Readonly<Record<string, string>> {
    const { variablesOf, secrets } = this.#options
    return { ...variablesOf(release, service), ...env, ...secrets.read(release, service) }
  }

  /** After a reboot, or a crash, somebody else may hold its port: it gets another, and the routing table follows. */
  async #withPort(entry: Entry): Promise<InstanceRow> {
    const { folder, state } = this.#options
    const moved = await moveFromTakenPort(entry.row, folder, state)
    if (moved !== null) {
      this.#note('instance-moved', `${moved.id}: port ${entry.row.port} is taken; it listens on ${moved.port} now`)
      entry.row = moved
    }
    return entry.row
  }

  /** Members of its group, and those that left it for a session of their own but carry its id. */
  async #killLeftovers({ row: { id } }: Entry): Promise<void> {
    await this.#options.keeper.signal(id, 'SIGKILL', { group: true })
    const folder = join(this.#options.folder, 'instances', id)
    for (const pid of processesOf({ id, pid: null, folder })) killStray(pid)
  }

  #sawRunning(entry: Entry, child: ChildState): void {
    if (entry.state !== 'stopping') entry.state = 'running'
    entry.pid = child.identity?.pid ?? null
    entry.startedAt = child.startedAt
  }

  #sawExit(entry: Entry, exit: Exit | null): void {
    const { clock } = this.#options
    entry.pid = null
    entry.lastExit = entry.killedFor === null ? describeExit(exit) : `was killed: it ${entry.killedFor}`
    entry.killedFor = null
    if (entry.state === 'stopping') return entry.onGone?.()
    if (entry.retry) return
    const now = clock.now()
    entry.ends = [...entry.ends, now].slice(-20)
    const { afterMs, crashLoop } = restartAfter(entry.ends, now)
    const wasLoop = entry.state === 'crash-loop'
    entry.state = crashLoop ? 'crash-loop' : 'restarting'
    if (!wasLoop) {
      const scrub = this.scrubOf(entry.row.id)
      const lines = lastLines(this.#logOf(entry.row.id), 5).map((line) => `\n  | ${scrub(line)}`)
      this.#note(crashLoop ? 'crash-loop' : 'instance-ended', `${entry.row.id} ${entry.lastExit}${lines.join('')}`)
    }
    entry.retry = setTimeout(() => this.#retry(entry), afterMs)
  }

  #retry(entry: Entry): void {
    entry.retry = null
    entry.restarts += 1
    void this.#spawn(entry)
  }

  async #end(entry: Entry): Promise<void> {
    if (entry.retry) clearTimeout(entry.retry)
    entry.retry = null
    entry.state = 'stopping'
    await entry.spawning
    if (entry.pid === null) return
    try {
      await this.#terminate(entry)
    } catch (error) {
      // It is there still, and can be stopped again.
      entry.state = 'running'
      throw error
    }
  }

  async #terminate(entry: Entry): Promise<void> {
    const { keeper } = this.#options
    const { id, graceMs } = entry.row
    const gone = new Promise<void>((resolve) => (entry.onGone = resolve))
    await keeper.signal(id, 'SIGTERM', { group: true, final: true })
    if (await endsWithin(gone, graceMs)) return this.#killLeftovers(entry)
    this.#note('instance-killed', `${id} ignored SIGTERM for ${graceMs / 1000} s: killed`)
    await keeper.signal(id, 'SIGKILL', { group: true, final: true })
    if (!(await endsWithin(gone, KILL_WAIT_MS))) throw new Error(`${id} survived SIGKILL for ${KILL_WAIT_MS} ms`)
    await this.#killLeftovers(entry)
  }

  async #forget({ row }: Entry): Promise<void> {
    await this.#options.keeper.forget(row.id)
    this.#options.state.forgetInstance(row.id)
    rmSync(join(this.#options.folder, 'instances', row.id), { recursive: true, force: true })
    this.#entries.delete(row.id)
  }

  async #untilForgotten(id: string): Promise<void> {
    while (this.#entries.get(id)?.state === 'stopping') await this.#options.clock.sleep(50)
  }

  #note(kind: string, text: string): void {
    this.#options.state.addEvent(this.#options.clock.now(), kind, text)
  }

  #logOf(id: string): string {
    return join(this.#options.folder, 'logs', `${id}.log`)
  }
}

export function describeExit(exit: Exit | null): string {
  switch (exit?.kind) {
    case undefined:
    case 'unknown':
      return 'ended, status unknown'
    case 'code':
      return `exited with ${exit.code}`
    case 'signal':
      return `was killed by ${exit.signal}`
    case 'not-started':
      return `could not be started: ${exit.error}`
  }
}

function killStray(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // Gone between the look and the signal.
  }
}

async function endsWithin(gone: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)))
  const inTime = await Promise.race([gone.then(() => true), late])
  clearTimeout(timer)
  return inTime
}
