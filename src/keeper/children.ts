import { spawn } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { nextDelayMs } from './backoff.ts'
import { KeeperError } from './errors.ts'
import { CHILD_VARIABLE, endMarked, hasStrays, isAlive, readIdentity, signalProcess } from './identity.ts'
import { note } from './note.ts'
import { openOutput } from './output.ts'
import type { ChildRecord } from './record.ts'
import type { ChildSpec, ChildState, Exit, KeeperEvent, Role } from './protocol.ts'

export const CHILDREN_MAX = 1_000
/** An adopted process is nobody's child here: its end is only seen by looking. */
export const ADOPTED_CHECK_MS = 200
const STOPPING_CHECK_MS = 20
/** How long a killed process may take to be gone: the kernel is still tearing it down. */
const KILLED_WITHIN_MS = 2_000
/** Needs last: whoever uses them has ended by then, and control does not start them again. */
const STOP_ORDER: readonly Role[] = ['instance', 'gateway', 'control', 'need']

export interface ChildrenOptions {
  /** Put into each child's environment: see CHILD_VARIABLE. */
  readonly mark: string
  /** The descriptors of these sockets, in their order. @throws KeeperError */
  readonly descriptors: (names: readonly string[]) => number[]
  /** Called after every change and before anybody is told of it. */
  readonly changed: () => void
  readonly emit: (event: KeeperEvent) => void
}

type StateFields = { -readonly [Key in keyof ChildState]: ChildState[Key] }

interface Child extends StateFields {
  /** Absent for an adopted child that is not started again. */
  spec?: ChildSpec
  /** Whether it is started again when it ends. */
  respawns: boolean
  delayMs?: number
  timer?: NodeJS.Timeout
}

/** The processes the keeper answers for: started here, or found running. */
export class Children {
  readonly #children = new Map<string, Child>()
  readonly #options: ChildrenOptions
  readonly #check: NodeJS.Timeout
  #stopping = false

  constructor(options: ChildrenOptions) {
    this.#options = options
    this.#check = setInterval(() => this.#checkAdopted(), ADOPTED_CHECK_MS)
  }

  /** Takes over what the keeper before recorded: who still runs is adopted, who is to be started again is started. */
  adopt(records: readonly ChildRecord[]): void {
    for (const { spec, ...state } of records) {
      const alive = state.state === 'running' && state.identity !== null && isAlive(state.identity)
      const exit: Exit | null = alive ? null : (state.exit ?? { kind: 'unknown', at: Date.now() })
      const child: Child = {
        ...state,
        state: alive ? 'running' : 'exited',
        exit,
        adopted: alive,
        respawns: spec?.respawn !== undefined,
        ...(spec ? { spec } : {}),
      }
      this.#children.set(child.name, child)
      note('info', alive ? 'adopted' : 'found gone', { child: child.name, pid: child.identity?.pid })
      if (!alive) this.#respawn(child, 0)
    }
  }

  /** Starts a child; one that cannot be started is answered as exited with `not-started`. @throws KeeperError */
  async spawn(spec: ChildSpec): Promise<ChildState> {
    if (this.#stopping) throw new KeeperError('keeper.shutting-down', 'the keeper is about to end')
    const before = this.#children.get(spec.name)
    if (before?.state === 'running') throw new KeeperError('keeper.name-taken', `${spec.name} is running`)
    this.#options.descriptors(spec.sockets ?? [])
    if (!before) this.#makeRoom()
    clearTimeout(before?.timer)
    const child: Child = {
      name: spec.name,
      role: spec.role,
      identity: null,
      state: 'exited',
      startedAt: Date.now(),
      exit: null,
      restarts: 0,
      adopted: false,
      output: spec.output,
      spec,
      respawns: spec.respawn !== undefined,
    }
    this.#children.set(spec.name, child)
    await this.#start(child, spec)
    return stateOf(child)
  }

  /** Signals a child; one that is gone or unknown is no error. `final` also ends its being started again. */
  signal(name: string, signal: NodeJS.Signals, { group = false, final = false } = {}): void {
    const child = this.#children.get(name)
    if (!child) return
    if (final && child.respawns) {
      child.respawns = false
      clearTimeout(child.timer)
      this.#options.changed()
    }
    if (child.identity) signalProcess(child.identity, signal, group)
  }

  /** Drops the record of a child that is gone. @throws KeeperError keeper.still-running */
  forget(name: string): void {
    const child = this.#children.get(name)
    if (!child) return
    if (child.state === 'running') throw new KeeperError('keeper.still-running', `${name} is running`)
    this.#drop(child)
    this.#options.changed()
  }

  list(): ChildState[] {
    return [...this.#children.values()].map(stateOf)
  }

  records(): ChildRecord[] {
    return [...this.#children.values()].map((child) => {
      const { adopted: _, ...state } = stateOf(child)
      return { ...state, ...(child.respawns && child.spec ? { spec: child.spec } : {}) }
    })
  }

  /** Stops everybody, role by role, within `graceMs` in all; then by force. Nobody is started any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    for (const child of this.#children.values()) clearTimeout(child.timer)
    const deadline = performance.now() + graceMs
    for (const role of STOP_ORDER) await this.#stopRole(role, deadline)
    // What they have started in sessions of their own is in nobody's group.
    await endMarked(this.#options.mark, null)
    clearInterval(this.#check)
  }

  async #stopRole(role: Role, deadline: number): Promise<void> {
    const running = [...this.#children.values()].filter((child) => child.role === role && child.state === 'running')
    const identities = running.flatMap(({ identity }) => (identity ? [identity] : []))
    // One of our own is gone a moment before we are told how it ended, and whoever listens is to be told as well.
    const isTold = (): boolean => running.every(({ adopted, state }) => adopted || state !== 'running')
    for (const identity of identities) signalProcess(identity, 'SIGTERM')
    const told = new Set<number>()
    const allGone = (): boolean =>
      identities.every((identity) => {
        if (isAlive(identity)) return false
        if (!hasStrays(identity)) return true
        // A shell that ended without telling the program it started.
        if (!told.has(identity.pid)) signalProcess(identity, 'SIGTERM', true)
        told.add(identity.pid)
        return false
      })
    await until(() => allGone() && isTold(), deadline)
    for (const identity of identities) signalProcess(identity, 'SIGKILL', true)
    await until(() => allGone() && isTold(), performance.now() + KILLED_WITHIN_MS)
  }

  async #start(child: Child, spec: ChildSpec): Promise<void> {
    child.startedAt = Date.now()
    child.adopted = false
    // Until it is known whether there is a process, the name counts as taken.
    child.state = 'running'
    try {
      const env = { ...spec.env, [CHILD_VARIABLE]: `${this.#options.mark}:${spec.name}` }
      const started = await launch({ ...spec, env }, this.#options.descriptors(spec.sockets ?? []), (exit) =>
        this.#ended(child, exit),
      )
      child.identity = started
      child.exit = null
      note('info', 'started', { child: child.name, pid: started.pid })
      this.#options.changed()
      this.#options.emit({ event: 'started', child: stateOf(child) })
    } catch (error) {
      child.identity = null
      this.#ended(child, {
        kind: 'not-started',
        error: error instanceof Error ? error.message : String(error),
        at: Date.now(),
      })
    }
  }

  #ended(child: Child, exit: Exit): void {
    child.state = 'exited'
    child.exit = exit
    note('info', 'ended', { child: child.name, pid: child.identity?.pid, exit })
    this.#options.changed()
    this.#options.emit({ event: 'exited', child: stateOf(child) })
    this.#respawn(child, exit.at - child.startedAt)
  }

  #respawn(child: Child, ranMs: number): void {
    const { spec } = child
    if (!child.respawns || !spec?.respawn || this.#stopping) return
    child.delayMs = nextDelayMs(child.delayMs, ranMs, spec.respawn)
    child.timer = setTimeout(() => {
      child.restarts += 1
      void this.#start(child, spec)
    }, child.delayMs)
  }

  #checkAdopted(): void {
    for (const child of this.#children.values()) {
      if (!child.adopted || child.state !== 'running' || !child.identity || isAlive(child.identity)) continue
      this.#ended(child, { kind: 'unknown', at: Date.now() })
    }
  }

  #makeRoom(): void {
    if (this.#children.size < CHILDREN_MAX) return
    const oldest = [...this.#children.values()].find((child) => child.state === 'exited' && !child.respawns)
    if (!oldest) throw new KeeperError('keeper.full', `more than ${CHILDREN_MAX} children`)
    this.#drop(oldest)
  }

  #drop(child: Child): void {
    clearTimeout(child.timer)
    this.#children.delete(child.name)
  }
}

/** Starts a program as leader of a session of its own, its output going to a file: it lives on without us. */
async function launch(spec: ChildSpec, descriptors: readonly number[], onExit: (exit: Exit) => void) {
  if (!existsSync(spec.cwd)) throw new Error(`its folder ${spec.cwd} does not exist`)
  const [program, ...rest] = spec.argv
  const output = openOutput(spec.output)
  try {
    const child = spawn(program, rest, {
      cwd: spec.cwd,
      env: spec.env,
      ...spec.account,
      detached: true,
      stdio: ['ignore', output, output, ...descriptors],
    })
    const failed = new Promise<Error>((resolve) => child.once('error', resolve))
    if (child.pid === undefined) throw await failed
    child.once('exit', (code, signal) => {
      const at = Date.now()
      onExit(signal === null ? { kind: 'code', code: code ?? 0, at } : { kind: 'signal', signal, at })
    })
    const identity = readIdentity(child.pid)
    if (!identity) throw new Error(`/proc/${child.pid} cannot be read`)
    return identity
  } finally {
    closeSync(output)
  }
}

async function until(condition: () => boolean, deadline: number): Promise<void> {
  while (!condition() && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, STOPPING_CHECK_MS))
  }
}

function stateOf(child: Child): ChildState {
  const { name, role, identity, state, startedAt, exit, restarts, adopted, output } = child
  return { name, role, identity, state, startedAt, exit, restarts, adopted, output }
}
