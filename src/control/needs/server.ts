import { join } from 'node:path'
import type { ResolvedNeed } from '../../config/resolved.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { explainSystem } from '../../core/system-problem.ts'
import type { ChildState, Exit } from '../../keeper/protocol.ts'
import { restartAfter } from '../backoff.ts'
import type { KeeperLink } from '../keeper-link.ts'
import { describeExit } from '../supervisor.ts'
import { askServer } from './ask-server.ts'
import { causeIn } from './causes.ts'
import { chooseInstallation, engineOf } from './choose.ts'
import { readCredentials, type Credentials } from './credentials.ts'
import type { Engine } from './engine.ts'
import { launchServer, placeOf } from './launch-server.ts'
import { LinesSince } from './lines-since.ts'
import type { KeptNeed } from './kept-need.ts'
import type { NeedReport, NeedState } from './report.ts'

/** How often a healthy server is asked. */
export const LOOK_EVERY_MS = 2_000
/** So many unanswered questions in a row make a server unhealthy. */
const FAILURES_MAX = 3
/** Time for a server to end in order; then it is killed. */
export const GRACE_MS = 30_000
const KILL_WAIT_MS = 5_000
const RETRY_MS = 5_000
const LINES_SHOWN = 8
/** A cause may stand before what followed from it. */
const LINES_SEARCHED = 40
/** Ends of one start after which nobody waits any longer. */
const ENDS_MAX = 3
const LOOK_MS = 100

export interface NeedServerOptions {
  readonly need: string
  readonly stateFolder: string
  /** Where programs are looked up. */
  readonly path: string
  readonly keeper: KeeperLink
  /** Ports that other needs have. */
  readonly takenPorts: () => ReadonlySet<number>
  readonly note: (kind: string, text: string) => void
  /** Told when it can be used again: who waited for it can go on. */
  readonly onThere: () => void
}

/** A server that a need stands for: made, started, asked, started again with backoff, ended in order. */
export class NeedServer implements KeptNeed {
  readonly #options: NeedServerOptions
  readonly #engine: Engine
  readonly #output: LinesSince
  #config: ResolvedNeed
  #state: NeedState = 'stopped'
  #cause: string | null = null
  #problem: Problem | null = null
  #since = Date.now()
  #version: string | null = null
  #pid: number | null = null
  #restarts = 0
  #ends: number[] = []
  #failures = 0
  #askedAt = 0
  #isProvisioned = false
  #isWanted = false
  /** An end that was told before the start it belongs to. */
  #early: ChildState | null = null
  #starting: Promise<void> | null = null
  #looking: Promise<void> | null = null
  #retry: NodeJS.Timeout | null = null
  #onGone: (() => void) | null = null

  constructor(config: ResolvedNeed, options: NeedServerOptions) {
    this.#options = options
    this.#config = config
    this.#engine = engineOf(config.kind)!
    this.#output = new LinesSince(join(options.stateFolder, 'logs', `${this.name}.log`))
  }

  /** Its name among the keeper's children, and that of its log. */
  get name(): string {
    return `need-${this.#options.need}`
  }

  /** 'failed: its port is taken …' */
  describe(): string {
    return this.#cause === null ? this.#state : `${this.#state}: ${this.#cause}`
  }

  report(): NeedReport {
    const own = this.#ownCredentials()
    const isSpoilt = own instanceof Problem
    return {
      need: this.#options.need,
      kind: this.#config.kind,
      place: 'here',
      state: isSpoilt ? 'failed' : this.#state,
      version: this.#version,
      port: isSpoilt ? null : (own?.port ?? null),
      pid: this.#pid,
      since: this.#since,
      restarts: this.#restarts,
      cause: isSpoilt ? own.message : this.#cause,
    }
  }

  /** Whoever reports on everything must not fail over one file. */
  #ownCredentials(): Credentials | Problem | null {
    try {
      return readCredentials(this.#options.stateFolder, this.#options.need)
    } catch (error) {
      if (error instanceof Problem) return error
      throw error
    }
  }

  /** Whether somebody can be served: an answer may be slow in coming, but the server is there. */
  isThere(): boolean {
    return this.#state === 'healthy' || this.#state === 'unhealthy'
  }

  /** Starts it, if it does not run; at once, if it waits for its next try. Never throws: see `state` and `problem`. */
  start(): Promise<void> {
    this.#isWanted = true
    if (this.#pid !== null) return Promise.resolve()
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    this.#starting ??= this.#begin()
      .catch((error: unknown) => this.#fail(error))
      .finally(() => (this.#starting = null))
    return this.#starting
  }

  /**
   * Starts it and waits until it is healthy; answers null, or why it is not. Tries that failed before do not count: the cause may
   * be mended.
   */
  async bringUp(withinMs: number): Promise<Problem | null> {
    const { need } = this.#options
    if (!this.isThere()) {
      this.#ends = []
      this.#problem = null
      this.#to('starting', null)
      await this.start()
    }
    const deadline = performance.now() + withinMs
    for (;;) {
      await this.look({ now: true })
      if (this.#state === 'healthy' && this.#failures === 0) return null
      const isDecided = this.#state === 'failed' || this.#ends.length >= ENDS_MAX
      if (isDecided && this.#problem !== null) return this.#problem
      if (this.#state === 'unhealthy' || this.#state === 'stopped' || performance.now() > deadline) {
        return new Problem('need.not-healthy', `${need} is ${this.#state}: ${this.#cause ?? 'it does not answer'}`, {
          hint: `See \`seaworthy logs --service ${need}\` and \`seaworthy status\`.`,
        })
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  }

  /** What the keeper says of it, after our own restart or the keeper's: takes over what runs, notices what ended unseen. */
  sync(child: ChildState | undefined): void {
    const pid = child?.state === 'running' ? (child.identity?.pid ?? null) : null
    if (pid === this.#pid) return
    if (pid === null) return this.#ended(child?.exit ?? null)
    this.#isWanted = true
    this.#pid = pid
    this.#isProvisioned = false
    this.#output.mark()
    this.#to('starting', null)
  }

  /** Whether it can be what another release asks for. @throws Problem as `chooseInstallation` */
  async check(config: ResolvedNeed): Promise<void> {
    const { need, stateFolder, path } = this.#options
    await chooseInstallation(need, config, { stateFolder, path })
  }

  /** Other settings, from another release. A server that runs follows those that it can. */
  async reconfigure(config: ResolvedNeed): Promise<void> {
    const before = this.#config
    this.#config = config
    if (before.role === config.role && before.bytesMax === config.bytesMax) return
    const { need, stateFolder } = this.#options
    if (this.isThere()) await this.#engine.adjust(placeOf(need, config, stateFolder))
  }

  /** Asks it, unless it was asked just now. `now`: whatever the time. */
  look({ now = false } = {}): Promise<void> {
    if (this.#pid === null) return Promise.resolve()
    const isWell = this.#state === 'healthy' && this.#failures === 0
    if (!now && isWell && performance.now() - this.#askedAt < LOOK_EVERY_MS) return Promise.resolve()
    this.#looking ??= this.#ask().finally(() => (this.#looking = null))
    return this.#looking
  }

  onExited(child: ChildState): void {
    if (this.#pid === null) this.#early = child
    else this.#ended(child.exit)
  }

  /** Ends it in order; kills it after the grace. It is not started again until somebody starts it. */
  async stop(): Promise<void> {
    this.#isWanted = false
    await this.#starting
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = null
    const { keeper } = this.#options
    if (this.#pid !== null) {
      const gone = new Promise<void>((resolve) => (this.#onGone = resolve))
      await keeper.signal(this.name, this.#engine.stopSignal, { final: true })
      if (!(await within(gone, GRACE_MS))) {
        this.#options.note('need-killed', `${this.#options.need} did not end within ${GRACE_MS / 1000} s: killed`)
        await keeper.signal(this.name, 'SIGKILL', { group: true, final: true })
        await within(gone, KILL_WAIT_MS)
      }
      this.#onGone = null
    }
    this.#pid = null
    this.#to('stopped', null)
    await keeper.forget(this.name).catch(() => {})
  }

  async #begin(): Promise<void> {
    if (this.#state === 'stopped') this.#to('starting', null)
    this.#early = null
    const { child, version } = await launchServer(this.#config, {
      ...this.#options,
      name: this.name,
      output: this.#output,
    })
    this.#pid = child.identity?.pid ?? null
    this.#version = version
    const early = this.#early as ChildState | null
    if (early !== null && early.identity?.pid === this.#pid) this.#ended(early.exit)
  }

  #ended(exit: Exit | null): void {
    this.#pid = null
    this.#isProvisioned = false
    if (this.#onGone) return this.#onGone()
    if (this.#isWanted) this.#sawEnd(describeExit(exit))
  }

  async #ask(): Promise<void> {
    const { need, stateFolder } = this.#options
    this.#askedAt = performance.now()
    const pid = this.#pid
    try {
      const place = placeOf(need, this.#config, stateFolder)
      if (!this.#isProvisioned) await this.#engine.provision(place)
      this.#isProvisioned = true
      this.#version = await askServer(place)
    } catch (error) {
      if (this.#pid === pid) this.#sawFailure(error)
      return
    }
    if (this.#pid !== pid || pid === null) return
    this.#failures = 0
    this.#problem = null
    if (this.#state === 'healthy') return
    const was = this.#state
    this.#to('healthy', null)
    this.#options.note(
      was === 'starting' ? 'need-healthy' : 'need-recovered',
      `${need} (${this.#engine.title} ${this.#version}) is healthy`,
    )
  }

  #sawFailure(error: unknown): void {
    const cause = messageOf(error) || 'it does not answer'
    this.#failures += 1
    // It answers, and what it lacks is known: no need to wait for more of it.
    const isKnown = error instanceof Problem
    if (this.#state === 'unhealthy' || (this.#state === 'starting' && !isKnown)) this.#cause = cause
    // Why it was started again is worth more than that it does not answer yet.
    const isEnough = isKnown || (this.#state === 'healthy' && this.#failures >= FAILURES_MAX)
    if (this.#state === 'unhealthy' || !isEnough) return
    this.#to('unhealthy', cause)
    this.#options.note('need-unhealthy', `${this.#options.need}: ${cause}`)
  }

  /** It could not even be started: it is tried again all the same, since the cause may be mended. */
  #fail(thrown: unknown): void {
    const error = explainSystem(thrown)
    if (error instanceof Problem) {
      const isNew = this.#problem?.message !== error.message
      this.#problem = error
      this.#to('failed', error.message)
      if (isNew) this.#options.note('need-failed', `${this.#options.need}: ${error.message}`)
      this.#tryAgain(RETRY_MS)
      return
    }
    this.#sawEnd(`could not be started: ${messageOf(error)}`)
  }

  #sawEnd(how: string): void {
    const { need } = this.#options
    const lines = this.#output.last(LINES_SHOWN)
    // Whoever sends SIGKILL says nothing in a server's log.
    const cause = how.includes('SIGKILL') ? null : causeIn([how, ...this.#output.last(LINES_SEARCHED)])
    const now = Date.now()
    this.#ends = [...this.#ends, now].slice(-20)
    const { afterMs, crashLoop } = restartAfter(this.#ends, now)
    const told = cause === null ? how : `${cause} (${how.split('\n')[0]})`
    this.#problem = new Problem('need.not-healthy', `${need} does not run: ${told}`, {
      hint: `See \`seaworthy logs --service ${need}\`.`,
      details: lines.map((line) => `| ${line}`),
    })
    const isNew = this.#state === 'healthy' || this.#state === 'unhealthy' || this.#cause !== told
    this.#to(crashLoop ? 'failed' : 'restarting', told)
    if (isNew) this.#options.note('need-ended', [`${need}: ${told}`, ...lines.map((line) => `  | ${line}`)].join('\n'))
    this.#tryAgain(afterMs)
  }

  #tryAgain(afterMs: number): void {
    if (!this.#isWanted) return
    if (this.#retry) clearTimeout(this.#retry)
    this.#retry = setTimeout(() => {
      this.#restarts += 1
      void this.start()
    }, afterMs)
  }

  #to(state: NeedState, cause: string | null): void {
    const wasThere = this.isThere()
    if (this.#state !== state) this.#since = Date.now()
    this.#state = state
    this.#cause = cause
    if (this.isThere() && !wasThere) this.#options.onThere()
  }
}

async function within(done: Promise<void>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)))
  const inTime = await Promise.race([done.then(() => true), late])
  clearTimeout(timer)
  return inTime
}
